// Package sim holds the simulator: evenings of players, faults and restarts through the whole program on fake time,
// each decided by one number, and the laws that must hold after every one of them (docs/reliability.md).
package sim
