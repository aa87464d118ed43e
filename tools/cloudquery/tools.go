//go:build tools

// Package tools pins the CloudQuery CLI that the tests and the demo drive.
package tools

import _ "github.com/cloudquery/cloudquery/cli/v6"
