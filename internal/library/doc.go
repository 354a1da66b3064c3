// Package library is the account's library on Simkl, as this machine last read it.
//
// It owns the two phases of reading (simkl-api.md 7.1): activities first, then only what moved, since the times that were
// saved; never an unconditional poll. What was read is kept by account in the store, a title's row by its Simkl id and the
// id of a later viewing. It also knows when a watch may be taken back without taking anything else with it. It must not
// know how a library is shown.
package library
