// Certificates that nobody is to accept, each its own authority, and their keys.

export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Of localhost, until 2020. */
export const expired: Certificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBYjCCAQmgAwIBAgIUJk5qvsdnr76jLKXXZ7EqZuhdP54wCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRc2NpbS1sZWRnZXIgdGVzdHMwHhcNMjAwMTAxMDAwMDAwWhcN
MjAwMjAxMDAwMDAwWjAcMRowGAYDVQQDDBFzY2ltLWxlZGdlciB0ZXN0czBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABG7dsfJrGVXT//yH16G8XDrJDJf+QJbgEFHU
tyDlseAjmqUm6WIwkMu9D7jv7JEk+VXQeGyoJwmGsGcMNxKM7SyjKTAnMA8GA1Ud
EwEB/wQFMAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMCA0cA
MEQCIBHpJ2aEjfAfbKtBCBoL6VzGu7JMs8MbhajxDo1kHSd7AiA9scs9XsSGjR0K
erp5uXeIiFyJYqmqjSJcxRM08zZJtw==
-----END CERTIFICATE-----
`,
  privateKey: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT4J4eIIvd6NQ7L+y
4ABlEgdRXdw7FTlohPFlXil7Xd2hRANCAARu3bHyaxlV0//8h9ehvFw6yQyX/kCW
4BBR1Lcg5bHgI5qlJuliMJDLvQ+47+yRJPlV0HhsqCcJhrBnDDcSjO0s
-----END PRIVATE KEY-----
`,
};

/** Of elsewhere.example. */
export const ofAnother: Certificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBbTCCAROgAwIBAgIUEEyJc/iuqmG7LbAw64WNuGK0OgcwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRc2NpbS1sZWRnZXIgdGVzdHMwIBcNMjYwMTAxMDAwMDAwWhgP
MjEyNjAxMDEwMDAwMDBaMBwxGjAYBgNVBAMMEXNjaW0tbGVkZ2VyIHRlc3RzMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83FeRXn6RxrAA9ykmsOntX1ucZRiQgiT
hFSpqMRHZ/3XoNG+5/OpTKG3Yg1YzoXCSgdyps6Xl3BPqtrYVIRW5aMxMC8wDwYD
VR0TAQH/BAUwAwEB/zAcBgNVHREEFTATghFlbHNld2hlcmUuZXhhbXBsZTAKBggq
hkjOPQQDAgNIADBFAiB0j7gTMTWsqoevYgq8gFbG30jnkYX1X2qM7xsFtTFETAIh
AMyhjIo0xVyRijcKRGCd8AAcUZNwretnRBPhJQOP4dDa
-----END CERTIFICATE-----
`,
  privateKey: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguVavgrjtp4IBatkc
R5RzE3rMEMZZzV+xZdx6IOATKeqhRANCAATzcV5FefpHGsAD3KSaw6e1fW5xlGJC
CJOEVKmoxEdn/deg0b7n86lMobdiDVjOhcJKB3KmzpeXcE+q2thUhFbl
-----END PRIVATE KEY-----
`,
};
