package about_test

import (
	"regexp"
	"testing"

	"github.com/simkld/simkld/internal/about"
)

func TestUserAgentIsNameSlashVersion(t *testing.T) {
	if got := about.UserAgent(); !regexp.MustCompile(`^simkld/\d\S* \(\+https://\S+\)$`).MatchString(got) {
		t.Errorf("User-Agent %q is not name/version (address)", got)
	}
}
