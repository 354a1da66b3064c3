package term

// utf8WithoutLocale: Windows has no locale variables, and its terminals show UTF-8.
const utf8WithoutLocale = true
