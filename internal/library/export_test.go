package library

// Removal is what TakeBack sends.
var Removal = removal
