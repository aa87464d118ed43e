//go:build tools

// Package tools pins the MinIO server that the tests and the demo read from.
package tools

import _ "github.com/minio/minio"
