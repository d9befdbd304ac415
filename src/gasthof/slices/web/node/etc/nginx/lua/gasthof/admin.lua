-- What the agent asks, over a unix socket that only root reaches: is this document fit, and is it served now.
local cjson = require "cjson.safe"
local certificates = require "gasthof.certificates"
local documents = require "gasthof.documents"
local format = require "gasthof.document"
local settings = require "gasthof.settings"

local ngx = ngx
local TURN = 4  -- documents looked at before other requests have theirs

local _M = {}

local function refuse(words)
    ngx.status = 400
    ngx.say(cjson.encode({ error = words }))
    return ngx.exit(ngx.HTTP_OK)
end

local function list(field)
    if ngx.req.get_method() ~= "POST" then
        return refuse("POST wanted")
    end
    ngx.req.read_body()
    local request = cjson.decode(ngx.req.get_body_data() or "")
    local names = type(request) == "table" and request[field]
    if type(names) ~= "table" then
        return refuse("object with a list " .. field .. " wanted")
    end
    for _, name in ipairs(names) do
        if type(name) ~= "string" then
            return refuse(field .. ": strings wanted")
        end
    end
    return names
end

local function reply(field, answers)
    ngx.header["Content-Type"] = "application/json"
    ngx.say("{\"", field, "\":", next(answers) == nil and "{}" or cjson.encode(answers), "}")
    return ngx.exit(ngx.HTTP_OK)
end

local function wrong_certificate(document)
    local files, words = certificates.read(document)
    local pair
    if files then
        pair, words = certificates.parse(files)
    end
    if pair then
        words = not certificates.names(pair, document.host) and "certificate does not name " .. document.host or nil
        certificates.free(pair)
    end
    return words
end

local function wrong(path)
    if path:sub(1, #settings.hosts) ~= settings.hosts or path:find("/../", 1, true) then
        return "not below " .. settings.hosts
    end
    local text, document, words
    text, words = documents.read(path)
    if text then
        document, words = format.parse(text)
    end
    return document and wrong_certificate(document) or words
end

-- Reads each document as a request would and its certificate as a handshake would.
function _M.check()
    local errors = {}
    for index, path in ipairs(list("documents")) do
        errors[path] = wrong(path)
        if index % TURN == 0 then
            ngx.sleep(0)
        end
    end
    return reply("errors", errors)
end

local function serving(host)
    documents.raise(host)
    local document = documents.get(host)
    if not document then
        return cjson.null
    end
    documents.raise(document.site)
    return document.digest
end

-- All workers read these hosts anew; answers with what they are served from now on.
function _M.tell()
    local answers = {}
    for index, host in ipairs(list("hosts")) do
        answers[host] = serving(host)
        if index % (8 * TURN) == 0 then
            ngx.sleep(0)
        end
    end
    return reply("serving", answers)
end

-- One that was read while its files were being swapped is none of ours (nginx.py).
function _M.configuration()
    ngx.header["Content-Type"] = "application/json"
    local whole = settings.digest == _M.of
    ngx.say(cjson.encode({ digest = whole and _M.of or settings.digest .. " beside " .. tostring(_M.of) }))
end

return _M
