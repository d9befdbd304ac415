-- The documents of hosts: read once, kept in a bounded cache, read again when nginx was told or after some seconds.
local cache = require "gasthof.cache"
local document = require "gasthof.document"
local settings = require "gasthof.settings"

local crc32, now, shared = ngx.crc32_short, ngx.now, ngx.shared
local open, format = io.open, string.format

local START = '{"digest":"'  -- with the digest after it, these bytes tell two documents apart
local SECONDS = settings.document_seconds

local kept = cache.new(settings.documents)
local large = cache.new(settings.large_documents)
local unknown = cache.new(settings.unknown_hosts)
local generations = shared.generations

local _M = {}

function _M.slot(name)
    return tostring(crc32(name) % settings.slots)
end

function _M.path(host)
    return settings.hosts .. format("%08x", crc32(host)):sub(1, 2) .. "/" .. host .. ".json"
end

function _M.read(path)
    local file, words = open(path, "rb")
    if not file then
        return nil, words
    end
    local text = file:read(settings.limit + 1)
    file:close()
    return text or ""
end

local function keep(host, entry, size)
    local chosen = not entry.digest and unknown or size > settings.large and large or kept
    for _, other in ipairs({ kept, large, unknown }) do
        if other ~= chosen then
            other:delete(host)
        end
    end
    chosen:set(host, entry)
    return entry.digest and entry
end

local function load(host)
    -- The counter and the clock are read before the file: a change in between is then seen at the next request.
    local slot, time = _M.slot(host), now()
    local generation = generations:get(slot)
    local text = _M.read(_M.path(host))
    local entry, words
    if text then
        entry, words = document.parse(text)
        if not entry or entry.host ~= host or text:sub(1, #START + 64) ~= START .. entry.digest then
            ngx.log(ngx.ERR, "document of ", host, ": ", words or "is for another host, or does not begin with its digest")
            entry = nil
        end
    end
    entry = entry or {}
    entry.slot, entry.generation, entry.checked = slot, generation, time
    return keep(host, entry, text and #text or 0)
end

-- After the time to live: the file still begins with the same digest.
local function unchanged(host, entry)
    local file = open(_M.path(host), "rb")
    if not file then
        return not entry.digest
    end
    local head = file:read(#START + 64)
    file:close()
    return entry.digest and head == START .. entry.digest
end

-- The document of a lower-case host, or false. Costs one look into shared memory when it is kept.
function _M.get(host)
    local entry = kept:get(host) or large:get(host) or unknown:get(host)
    if entry and generations:get(entry.slot) == entry.generation then
        local time = now()
        if time - entry.checked < SECONDS then
            return entry.digest and entry
        end
        if unchanged(host, entry) then
            entry.checked = time
            return entry.digest and entry
        end
    end
    return document.is_host(host) and load(host)
end

-- Every worker reads what hangs on this name (a host, a site) anew.
function _M.raise(name)
    local ok, words = generations:incr(_M.slot(name), 1, 0)
    if not ok then
        ngx.log(ngx.ERR, "generation of ", name, ": ", words)
    end
end

function _M.generation(name)
    return generations:get(_M.slot(name))
end

return _M
