// Verifies device certificates as a Go server would: verify ROOT.pem CHAIN.pem…, each chain leaf first.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func certificates(path string) []*x509.Certificate {
	rest, err := os.ReadFile(path)
	if err != nil {
		fail(path, err)
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return found
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			fail(path, err)
		}
		found = append(found, certificate)
	}
}

func fail(path string, err error) {
	fmt.Fprintln(os.Stderr, path, err)
	os.Exit(1)
}

func main() {
	roots := x509.NewCertPool()
	for _, root := range certificates(os.Args[1]) {
		roots.AddCert(root)
	}
	for _, path := range os.Args[2:] {
		chain := certificates(path)
		between := x509.NewCertPool()
		for _, issuer := range chain[1:] {
			between.AddCert(issuer)
		}
		usages := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: usages})
		if err != nil {
			fail(path, err)
		}
		fmt.Println("verified", path)
	}
}
