package netwatch

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// watchNetwork notes what Windows calls back with until ctx ends: interfaces that connect, and addresses that can be
// used.
func watchNetwork(ctx context.Context, note func(up bool)) (err error) {
	// Windows keeps a callback for the life of the process; the program makes these two once.
	onInterface := windows.NewCallback(func(_ uintptr, row *windows.MibIpInterfaceRow, kind uintptr) uintptr {
		note(kind != windows.MibDeleteInstance && connected(row))
		return 0
	})
	onAddress := windows.NewCallback(func(_ uintptr, row *windows.MibUnicastIpAddressRow, kind uintptr) uintptr {
		note(kind != windows.MibDeleteInstance && usable(row))
		return 0
	})
	var onInterfaceHandle, onAddressHandle windows.Handle
	if err := windows.NotifyIpInterfaceChange(windows.AF_UNSPEC, onInterface, nil, false, &onInterfaceHandle); err != nil {
		return fmt.Errorf("watch the interfaces: %w", err)
	}
	defer func() { err = errors.Join(err, windows.CancelMibChangeNotify2(onInterfaceHandle)) }()
	if err := windows.NotifyUnicastIpAddressChange(windows.AF_UNSPEC, onAddress, nil, false, &onAddressHandle); err != nil {
		return fmt.Errorf("watch the addresses: %w", err)
	}
	defer func() { err = errors.Join(err, windows.CancelMibChangeNotify2(onAddressHandle)) }()
	<-ctx.Done()
	return nil
}

// connected reads the interface: the row of a callback has only its names.
func connected(row *windows.MibIpInterfaceRow) bool {
	if row == nil {
		return false
	}
	now := windows.MibIpInterfaceRow{Family: row.Family, InterfaceLuid: row.InterfaceLuid, InterfaceIndex: row.InterfaceIndex}
	return windows.GetIpInterfaceEntry(&now) == nil && now.Connected != 0
}

// preferred is IpDadStatePreferred (nldef.h): no other machine has the address.
const preferred = 4

func usable(row *windows.MibUnicastIpAddressRow) bool {
	if row == nil {
		return false
	}
	now := windows.MibUnicastIpAddressRow{Address: row.Address, InterfaceLuid: row.InterfaceLuid, InterfaceIndex: row.InterfaceIndex}
	return windows.GetUnicastIpAddressEntry(&now) == nil && now.DadState == preferred
}
