package main

import (
	"net"
	"os"
	"strconv"
	"syscall"
)

const mib = 1 << 20

// meetBadEnd is how an order comes to a bad end, as the keys of its event say.
func meetBadEnd(e event) error {
	if e.Connect != "" {
		connection, err := net.Dial("tcp", e.Connect)
		if err != nil {
			return err
		}
		return connection.Close()
	}
	if e.Exit != "" {
		code, err := strconv.Atoi(e.Exit)
		if err != nil {
			return err
		}
		os.Exit(code)
	}
	if e.Eat != "" {
		return eat(e.Eat)
	}
	return nil
}

// eat ends the process when it has more than so many MiB.
func eat(megabytes string) error {
	limit, err := strconv.ParseUint(megabytes, 10, 64)
	if err != nil {
		return err
	}
	rlimit := syscall.Rlimit{Cur: limit * mib, Max: limit * mib}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &rlimit); err != nil {
		return err
	}
	for eaten := [][]byte{}; ; {
		eaten = append(eaten, make([]byte, mib))
	}
}
