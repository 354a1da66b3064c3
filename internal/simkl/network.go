package simkl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"
)

// Cause says why Simkl could not be reached, in words for a person.
type Cause string

// The causes.
const (
	NoNetwork  Cause = "no network"
	NoName     Cause = "its name was not found"
	TimedOut   Cause = "no answer in time"
	Rejected   Cause = "the connection was refused"
	Cut        Cause = "the connection was cut"
	Untrusted  Cause = "its certificate is not trusted"
	OtherCause Cause = "the connection failed"
)

// unreachable makes the error of a request that got no whole answer. The address is taken out of the cause, since it
// holds codes.
func unreachable(r request, err error) *Error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return &Error{Class: Unreachable, Endpoint: r.endpoint(), Cause: causeOf(err), Err: err}
}

func causeOf(err error) Cause {
	if noNetwork(err) {
		return NoNetwork
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return TimedOut
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		switch {
		case e.IsNotFound:
			return NoName
		case e.IsTimeout:
			return TimedOut
		}
		return NoNetwork // the resolver itself cannot be asked
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Untrusted
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Untrusted
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return TimedOut
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return Rejected
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Cut
	}
	return OtherCause
}

func noNetwork(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, syscall.ENETDOWN)
}
