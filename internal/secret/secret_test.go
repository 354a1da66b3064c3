package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/secret"
)

func TestSecretIsMaskedHoweverItIsPrinted(t *testing.T) {
	v := struct{ S secret.Text }{"geheim"}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data) + fmt.Sprint(v) + fmt.Sprintf("%v %+v %#v %s %q %x %X %d %v", v, v, v, v.S, v.S, v.S, v.S, v.S, &v)
	if strings.Contains(text, "geheim") || strings.Contains(strings.ToLower(text), "67656865696d") {
		t.Error(text)
	}
	if v.S.Reveal() != "geheim" {
		t.Error("the secret is lost")
	}
}
