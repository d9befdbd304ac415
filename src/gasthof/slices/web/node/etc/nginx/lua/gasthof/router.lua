-- Every request to a customer's host, before anything else: which site, and may it be answered.
local documents = require "gasthof.documents"
local pages = require "gasthof.pages"
local protection = require "gasthof.protection"
local settings = require "gasthof.settings"

local ngx = ngx
local MALFORMED = "/.gasthof/malformed"
local STANDARD = { http = "80", https = "443" }

local _M = {}

local function address(scheme, host)
    local port = settings.ports[scheme]
    return scheme .. "://" .. host .. (port == STANDARD[scheme] and "" or ":" .. port)
end

-- As the client wrote it; a request line that names a whole URL gives the path within.
local function target(var)
    local uri = var.request_uri
    if uri:byte() ~= 47 then
        uri = uri:match("^%a[%w+.-]*://[^/?]*(.*)$") or ""
        uri = uri:byte() == 47 and uri or "/" .. uri
    end
    return uri
end

local function redirect(var, scheme, host)
    local method = var.request_method
    local status = (method == "GET" or method == "HEAD") and 301 or 308  -- 308 keeps method and body, RFC 9110 section 15.4.9
    return ngx.redirect(address(scheme, host) .. target(var), status)
end

-- Plain HTTP came to the port of HTTPS.
function _M.secure()
    local var = ngx.var
    if not var.http_host then  -- HTTP/1.0 may leave it out
        return pages.answer(400, "malformed")
    end
    return redirect(var, "https", var.host)
end

function _M.route()
    local var = ngx.var
    if var.uri == MALFORMED and ngx.req.is_internal() then
        return
    end
    local host = var.host
    local secure = var.https == "on"
    if secure then
        local name = var.ssl_server_name
        if not name or (name ~= host and name:lower() ~= host) then
            return pages.answer(421)
        end
    end
    local document = documents.get(host)
    if not document then
        return pages.answer(404, "unknown")
    end
    var.customer, var.site = document.customer, document.site
    if document.suspended then
        return pages.answer(503, "suspended")
    end
    local upgrade = document.https_redirect and not secure
    if upgrade or (document.preferred and document.preferred ~= host) then
        return redirect(var, (upgrade or secure) and "https" or "http", document.preferred or host)
    end
    if document.protections then
        protection.enforce(document, var)
    end
    var.docroot, var.site_root = document.docroot, document.root
    if document.php_socket then
        var.php_socket, var.php_values = document.php_socket, document.php_values or ""
        if document.front_controller then
            var.on_missing, var.on_refused = "@front", "@front"
        end
    end
end

return _M
