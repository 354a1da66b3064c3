//go:build unix

package term

// utf8WithoutLocale: no locale at all is the C locale.
const utf8WithoutLocale = false
