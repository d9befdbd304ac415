-- Which certificate a handshake gets: parsed once, kept in a bounded cache.
local ffi = require "ffi"
local cache = require "gasthof.cache"
local ssl = require "ngx.ssl"
local documents = require "gasthof.documents"
local settings = require "gasthof.settings"

ffi.cdef [[
void *OPENSSL_sk_value(const void *stack, int index);
int X509_check_private_key(const void *certificate, const void *key);
int X509_check_host(const void *certificate, const char *name, size_t length, unsigned int flags, char **peer);
void *d2i_AutoPrivateKey(void *key, const unsigned char **data, long length);
void EVP_PKEY_free(void *key);
void ERR_clear_error(void);
]]

local C, now = ffi.C, ngx.now
local DATA = ffi.typeof("const unsigned char *[1]")

local function free(pair)
    if pair.chain then
        C.ngx_http_lua_ffi_free_cert(ffi.gc(pair.chain, nil))
        C.EVP_PKEY_free(ffi.gc(pair.key, nil))
        pair.chain, pair.key, pair.failed = nil, nil, true
    end
end

local pairs_kept = cache.new(settings.certificates, free)

local _M = {}

-- Both files' text and a hash of it; or nil and words.
function _M.read(document)
    local certificate, words = documents.read(document.certificate)
    if not certificate then
        return nil, words
    end
    local key
    key, words = documents.read(document.key)
    if not key then
        return nil, words
    end
    return { text = ngx.md5_bin(certificate .. "\0" .. key), certificate = certificate, key = key }
end

-- OpenSSL's own way from PEM to a key takes three times as long as from what is within.
local function parse_key(pem)
    local body = pem:match("%-%-%-%-%-BEGIN [%u ]-PRIVATE KEY%-%-%-%-%-([%w+/=%s]+)%-%-%-%-%-END")
    local der = body and ngx.decode_base64((body:gsub("%s", "")))
    local key = der and C.d2i_AutoPrivateKey(nil, DATA(ffi.cast("const unsigned char *", der)), #der)
    C.ERR_clear_error()  -- what is left in OpenSSL's queue would be blamed on the next connection
    if not key or key == nil then
        return nil, "no private key that can be read"
    end
    return ffi.gc(key, C.EVP_PKEY_free)
end

function _M.parse(files)
    local chain, words = ssl.parse_pem_cert(files.certificate)
    if not chain then
        return nil, "certificate: " .. words
    end
    local key
    key, words = parse_key(files.key)
    if not key then
        return nil, "key: " .. words
    end
    local matches = C.X509_check_private_key(C.OPENSSL_sk_value(chain, 0), key)
    C.ERR_clear_error()
    if matches ~= 1 then
        return nil, "certificate and key do not belong together"
    end
    return { text = files.text, chain = chain, key = key }
end

-- For one who parsed only to look.
_M.free = free

function _M.names(pair, host)
    local named = C.X509_check_host(C.OPENSSL_sk_value(pair.chain, 0), host, #host, 0, nil)
    C.ERR_clear_error()
    return named == 1
end

local function load(document, old)
    local generation = documents.generation(document.site)
    local files, words = _M.read(document)
    local pair
    if files and old and old.text == files.text then
        pair = old
    elseif files then
        pair, words = _M.parse(files)
    end
    if not pair then
        ngx.log(ngx.ERR, "certificate of ", document.site, ": ", words)
        pair = old or { failed = true }  -- a good one stays in use
    end
    pair.generation, pair.checked = generation, now()
    pairs_kept:set(document.certificate, pair)
    return pair
end

function _M.get(document)
    local pair = pairs_kept:get(document.certificate)
    if pair and pair.generation == documents.generation(document.site) then
        local age = now() - pair.checked
        if age < settings.document_seconds or (not pair.failed and age < settings.certificate_seconds) then
            return pair
        end
    end
    return load(document, pair and not pair.failed and pair or nil)
end

-- In a handshake. A name that is not ours, or none, leaves nginx' own fallback certificate in place.
function _M.choose()
    local name = ssl.server_name()
    local document = name and documents.get(name:lower())
    local pair = document and _M.get(document)
    if not pair or pair.failed then
        return
    end
    ssl.clear_certs()
    local ok, words = ssl.set_cert(pair.chain)
    if ok then
        ok, words = ssl.set_priv_key(pair.key)
    end
    if not ok then
        ngx.log(ngx.ERR, "certificate of ", document.site, ": ", words)
        ngx.exit(ngx.ERROR)
    end
end

return _M
