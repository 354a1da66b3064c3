// Package query reads what a person types to name a title (QUERY of product.md 2), and finds that title on Simkl.
//
// Parse is pure: it knows every form of a QUERY and says in a sentence what is wrong with any other text, before anything
// is sent. Find makes the fewest requests that the form allows: the uncounted page of a Simkl number or address, one
// search by id, or for a bare name one search per kind that it can be. It never guesses: a name that fits several titles
// is an *AmbiguousError error with all of them. It must not be used for what a player plays (simkl-api.md 9).
package query
