-- One document: is it fit to be served, and what of it requests look at. Its format is defined in node/document.py.
local decode = require("cjson.safe").decode
local settings = require "gasthof.settings"

local type = type

local _M = {}

local FIELDS = {
    digest = "string", version = "number", host = "string", site = "string", customer = "string", root = "string",
    docroot = "string", certificate = "string", key = "string", preferred = "string", https_redirect = "boolean",
    front_controller = "boolean", suspended = "boolean", php_socket = "string", php_values = "string", protections = "table",
}

-- A name that may become part of a path: an A-label, not an address.
function _M.is_host(name)
    return #name <= 253 and not name:find("[^a-z0-9.-]") and not name:find("..", 1, true) and name:find("^[a-z0-9]") ~= nil
end

local function below(path, folder)
    return path:sub(1, #folder) == folder and not path:find("/../", 1, true) and not path:find("%c") and path:sub(-3) ~= "/.."
end

local function wrong_type(value, fields)
    for name, wanted in pairs(fields) do
        if type(value[name]) ~= wanted then
            return "field " .. name .. ": " .. wanted .. " wanted"
        end
    end
    for name in pairs(value) do
        if not fields[name] then
            return "field " .. tostring(name) .. ": unknown"
        end
    end
end

-- JSON's objects and lists are both tables in lua; an object read as a list would look empty.
local function is_list(value)
    for key in pairs(value) do
        if type(key) ~= "number" then
            return false
        end
    end
    return true
end

local PROTECTION = { path = "string", folded = "string", title = "string", users = "table" }
local USER = { name = "string", hash = "string" }

local function wrong_protection(item)
    local wrong = type(item) ~= "table" and "protection: object wanted" or wrong_type(item, PROTECTION)
    if wrong then
        return wrong
    end
    if item.folded ~= item.path:lower() or (item.path ~= "" and item.path:sub(1, 1) ~= "/") or item.title:find("%c") then
        return "protection " .. item.path .. ": path or title"
    end
    if not is_list(item.users) then
        return "protection " .. item.path .. ": list of users wanted"
    end
    for _, user in ipairs(item.users) do
        wrong = type(user) ~= "table" and "user: object wanted" or wrong_type(user, USER)
        if wrong then
            return "protection " .. item.path .. ": " .. wrong
        end
    end
end

local function wrong_paths(document)
    if not below(document.root .. "/", settings.customers) then
        return "root: not a customer's folder"
    elseif not below(document.docroot, document.root .. "/") then
        return "docroot: not below root"
    elseif not below(document.certificate, settings.tls) or not below(document.key, settings.tls) then
        return "certificate, key: not below " .. settings.tls
    elseif document.php_socket ~= "" and not below(document.php_socket, settings.php) then
        return "php_socket: not below " .. settings.php
    end
end

local function wrong_values(document)
    if document.version ~= 1 then
        return "version " .. document.version .. " is not known here"
    elseif #document.digest ~= 64 or document.digest:find("[^0-9a-f]") then
        return "digest: 64 hex digits wanted"
    elseif not _M.is_host(document.host) or not _M.is_host(document.site) then
        return "host, site: A-label wanted"
    elseif document.preferred ~= "" and not _M.is_host(document.preferred) then
        return "preferred: A-label wanted"
    elseif not document.customer:find("^[a-z][a-z0-9]*$") then
        return "customer: system name wanted"
    end
    return wrong_paths(document)
end

local function wrong(document)
    local words = wrong_type(document, FIELDS) or wrong_values(document)
    if words then
        return words
    elseif not is_list(document.protections) then
        return "protections: list wanted"
    end
    for _, item in ipairs(document.protections) do
        words = wrong_protection(item)
        if words then
            return words
        end
    end
end

local function users_by_name(users)
    local hashes = {}
    for _, user in ipairs(users) do
        hashes[user.name] = user.hash
    end
    return hashes
end

local function protections(items)
    local kept_items = {}
    for index, item in ipairs(items) do
        local any = item.users[1] and item.users[1].hash
        kept_items[index] = { path = item.path, folded = item.folded, title = item.title, users = users_by_name(item.users), any = any }
    end
    return kept_items[1] and kept_items
end

-- What requests look at, and no more: absent fields are nil, so that a plain site's table stays small.
local function prepare(document)
    local prepared = {}
    for name, value in pairs(document) do
        if value and value ~= "" then
            prepared[name] = value
        end
    end
    prepared.version = nil
    prepared.protections = protections(document.protections)
    return prepared
end

-- Text of a document -> document, or nil and words.
function _M.parse(text)
    if #text > settings.limit then
        return nil, "longer than " .. settings.limit .. " bytes"
    end
    local document, words = decode(text)
    if not document then
        return nil, words
    elseif type(document) ~= "table" then
        return nil, "object wanted"
    end
    words = wrong(document)
    if words then
        return nil, words
    end
    return prepare(document)
end

return _M
