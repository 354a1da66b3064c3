// Package lookup finds which titles on Simkl a file may be, for a person who asked.
//
// It owns the scoring of candidates: by title, year, kind, run time, and whether the episode exists. It promises to
// send words, numbers, ids and a base name, never a path; at most one search for each kind that the file can be; and to
// say of a candidate that cannot be right why. It must not be used for what a player plays: Simkl forbids searches before
// writes, and scans of a library (simkl-api.md 15).
package lookup
