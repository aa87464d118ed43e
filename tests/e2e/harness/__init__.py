"""What the end-to-end tests are made with: an S3 server, the real CLI, and the tables that result."""
