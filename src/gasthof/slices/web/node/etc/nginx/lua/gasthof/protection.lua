-- Protected directories: HTTP Basic (RFC 7617). Every way that does not end in a verified password ends in a refusal.
local encode = require("cjson.safe").encode
local decode = require("cjson.safe").decode
local pages = require "gasthof.pages"
local secret = require "gasthof.secret"
local settings = require "gasthof.settings"

local ngx, shared = ngx, ngx.shared
local verdicts, failures = shared.verdicts, shared.failures
local SLASH, WAIT = 47, 0.02

local _M = {}

-- The innermost protection over a decoded, normalised path. Case-blind, but of two that differ in case only the exact one.
function _M.find(document, uri)
    local folded, found = uri:lower(), nil
    for _, item in ipairs(document.protections) do
        local length = #item.folded
        if found and #found.folded > length then
            break
        end
        local next_byte = folded:byte(length + 1)
        if length == 0 or (folded:sub(1, length) == item.folded and (not next_byte or next_byte == SLASH)) then
            if uri:sub(1, length) == item.path then
                return item
            end
            found = found or item
        end
    end
    return found
end

local function challenge(item)
    local realm = item.title:gsub('[\\"]', "\\%0")
    ngx.header["WWW-Authenticate"] = 'Basic realm="' .. realm .. '", charset="UTF-8"'
    return pages.answer(401)
end

local function two_bytes(character)
    local code = character:byte()
    return string.char(192 + math.floor(code / 64), 128 + code % 64)
end

-- Clients that overlook charset="UTF-8" send ISO 8859-1.
local function unicode(text)
    local _, _, invalid = ngx.re.find(text or "", "", "jou")
    return text and (invalid and text:gsub("[\128-\255]", two_bytes) or text)
end

local function credentials(header)
    local encoded = header and #header < 2048 and header:match("^[Bb][Aa][Ss][Ii][Cc] +([%w+/]+=*) *$")
    local plain = encoded and unicode(ngx.decode_base64(encoded))
    local colon = plain and plain:find(":", 1, true)
    if not colon or colon - 1 > settings.user_bytes or #plain - colon > settings.password_bytes then
        return nil
    end
    return plain:sub(1, colon - 1), plain:sub(colon + 1)
end

-- true, false, or nil when nobody can tell.
local function ask(hash, password)
    local question = encode({ hash = hash, password = password })
    local socket = ngx.socket.tcp()
    socket:settimeout(settings.verifier_milliseconds)
    if not socket:connect(settings.verifier) or not socket:send(question .. "\n") then
        socket:close()
        return nil
    end
    local line = socket:receive("*l")
    local reply = line and decode(line)
    if type(reply) ~= "table" or type(reply.ok) ~= "boolean" or reply.error then
        socket:close()
        return nil
    end
    socket:setkeepalive(10000, 16)
    return reply.ok
end

-- An IPv6 client commands its whole /64.
local function client(var)
    local address = var.binary_remote_addr
    return #address == 16 and address:sub(1, 8) or address
end

-- Counted before the password is looked at, so that a burst in parallel counts too; taken back when it was right.
local function count(keys, step)
    local over = false
    for key, limit in pairs(keys) do
        local value = failures:incr(key, step, 0, settings.failure_seconds)
        over = over or not value or value > limit
    end
    return not over
end

-- true or false; or nil and the status to answer with.
local function check(key, hash, password, known, document, var)
    local address = client(var)
    local keys = { [address .. document.site] = settings.failures, [address] = settings.failures_anywhere }
    if not count(keys, 1) then
        return nil, 429
    end
    local right = ask(hash, password)
    if right and not known then
        right = false  -- another's password under a name that there is not: a wrong guess like any other
    end
    if right ~= false then
        count(keys, -1)
    end
    if right == nil then
        return nil, 503
    end
    verdicts:set(key, right, right and settings.right_seconds or settings.wrong_seconds)
    return right
end

-- One question at a time about the same password; the others wait for its answer.
local function verdict(key, hash, password, known, document, var)
    local leader = "?" .. key
    local seconds = settings.verifier_milliseconds / 1000
    for _ = 1, seconds / WAIT do
        local kept = verdicts:get(key)
        if kept ~= nil then
            return kept
        end
        if verdicts:add(leader, true, seconds) then
            local right, status = check(key, hash, password, known, document, var)
            verdicts:delete(leader)
            return right, status
        end
        ngx.sleep(WAIT)
    end
    return nil, 503
end

-- Returns only when the request may go on.
function _M.enforce(document, var)
    local item = _M.find(document, var.uri)
    if not item then
        return
    end
    local name, password = credentials(var.http_authorization)
    -- Without a user of that name another's hash is checked all the same: the time taken does not tell which names there are.
    local hash = name and (item.users[name] or item.any)
    if not hash then
        return challenge(item)
    end
    local key = ngx.hmac_sha1(secret, #name .. ":" .. name .. #hash .. ":" .. hash .. password)
    local known = item.users[name] ~= nil
    local right, status = verdict(key, hash, password, known, document, var)
    if status then
        return pages.answer(status)
    elseif right ~= true or not known then
        return challenge(item)
    end
    var.verified_user = name
end

return _M
