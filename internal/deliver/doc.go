// Package deliver brings the rows of the queue to Simkl: it turns a row into a request, and Simkl's answer into an
// outcome of the queue's answer table.
//
// It owns the trust rule (product.md 5): an answer is believed only when it is what was asked. It promises to make one
// request for each call of the queue, besides the uncounted look at a title's other names. It must not know when a row
// is due, or why.
package deliver
