// Package account keeps the token of the linked account (product.md 3): the credentials folder, the environment, the
// desktop keyring and a private file.
//
// It promises that a token is stored whole or not at all, is shown nowhere, and that a keyring that is locked or does not
// answer delays nothing beyond its deadline. It must not know Simkl's API: getting, refreshing and revoking tokens is
// done elsewhere.
package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/secret"
)

// Generation is the kind of registration that a token belongs to (simkl-api.md 3).
type Generation string

// The written forms are stored and printed ("auth" of product.md 7) and never change.
const (
	V1 Generation = "v1"
	V2 Generation = "v2"
)

// Origin is where a token was found.
type Origin string

// The written forms are for people.
const (
	FromCredentials Origin = "the credentials folder"
	FromEnvironment Origin = "$SIMKLD_TOKEN"
	FromKeyring     Origin = "the desktop keyring"
	FromFile        Origin = "token.json"
)

// Fixed reports whether the token was given from outside: it decides, and login and logout cannot change it.
func (o Origin) Fixed() bool { return o == FromCredentials || o == FromEnvironment }

// Token lets the program act for an account. The zero value is no token.
type Token struct {
	// Access is sent with requests. It is empty for a V2 token given from outside, which has to be refreshed first.
	Access secret.Text
	// Refresh gets a new access token (V2 only). It stays the same for 180 days (simkl-api.md 3.5).
	Refresh secret.Text
	// Expiry is when Access ends, zero when unknown.
	Expiry     time.Time
	Scope      string
	Generation Generation
	// ClientID is the registration that the token was given to, "" when unknown.
	ClientID string
	Account  Account
	// SavedAt is when it was stored, in UTC.
	SavedAt time.Time
	Origin  Origin
}

// Account says whose token it is. The zero value is unknown.
type Account struct {
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Plan is Simkl's word: free, pro, vip.
	Plan string `json:"plan,omitempty"`
}

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t.Access == "" && t.Refresh == "" }

// given is a token that somebody put into a file or variable: a V1 token, or a V2 refresh token, which says so by its
// beginning (simkl-api.md 3.4).
func given(text string, origin Origin) Token {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "simkl_rt_") {
		return Token{Refresh: secret.Text(text), Generation: V2, Origin: origin}
	}
	return Token{Access: secret.Text(text), Generation: V1, Origin: origin}
}

// stored is a token as it is written to token.json and the keyring: the only place where it is plain.
type stored struct {
	Access     string     `json:"access_token"`
	Refresh    string     `json:"refresh_token,omitempty"`
	Expiry     time.Time  `json:"expiry,omitzero"`
	Scope      string     `json:"scope,omitempty"`
	Generation Generation `json:"auth"`
	ClientID   string     `json:"client_id,omitempty"`
	Account    Account    `json:"account,omitzero"`
	SavedAt    time.Time  `json:"saved_at"`
}

func encode(t Token) ([]byte, error) {
	data, err := json.MarshalIndent(stored{
		Access: t.Access.Reveal(), Refresh: t.Refresh.Reveal(), Expiry: t.Expiry, Scope: t.Scope,
		Generation: t.Generation, ClientID: t.ClientID, Account: t.Account, SavedAt: t.SavedAt,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode token: %w", err)
	}
	return append(data, '\n'), nil
}

// errDamaged is a stored token that cannot be understood. The text of the decoder may hold parts of it and is not kept.
var errDamaged = errors.New("the stored token is damaged")

func decode(data []byte, origin Origin) (Token, error) {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil || s.Access == "" && s.Refresh == "" {
		return Token{}, errDamaged
	}
	return Token{
		Access: secret.Text(s.Access), Refresh: secret.Text(s.Refresh), Expiry: s.Expiry, Scope: s.Scope,
		Generation: s.Generation, ClientID: s.ClientID, Account: s.Account, SavedAt: s.SavedAt, Origin: origin,
	}, nil
}
