-- What the prefix says, and every bound of this nginx in one place.
return {
    digest = "<<digest>>",  -- of the whole configuration: what /configuration answers with
    hosts = "<<web>>/hosts/",
    tls = "<<web>>/tls/",
    customers = "<<customers>>/",
    php = "<<run>>/php/",
    verifier = "unix:<<verify>>",
    ports = { http = "<<http>>", https = "<<https>>" },

    documents = 10000,  -- kept a worker
    large_documents = 128,  -- kept a worker, of those above `large` bytes
    unknown_hosts = 2000,
    large = 8 * 1024,
    limit = 256 * 1024,  -- bytes of a document
    certificates = 4500,  -- parsed ones kept a worker, some 15 kB each
    slots = 4096,  -- generation counters
    document_seconds = 5,  -- until a lost message is made up for
    certificate_seconds = 60,

    right_seconds = 300,  -- a right password is remembered
    wrong_seconds = 60,
    failure_seconds = 60,
    failures = 10,  -- wrong passwords of one address on one site in failure_seconds
    failures_anywhere = 60,
    user_bytes = 255,
    password_bytes = 1024,
    verifier_milliseconds = 10000,
}
