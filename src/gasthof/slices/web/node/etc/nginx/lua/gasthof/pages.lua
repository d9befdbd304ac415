-- Pages of our own for what is not a website's answer, in the reader's language. Built once, when nginx starts.
local words = require "gasthof.words"

local ngx = ngx
local RETRY = { [429] = 60, [502] = 10, [503] = 10, [504] = 10, suspended = 3600 }  -- seconds

local TEMPLATE = [[
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.6rem; line-height: 1.25 }
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
</main>
</body>
</html>
]]

local function build(language, title, text)
    return (TEMPLATE:gsub("{(%l+)}", { language = language, title = title, text = text }))
end

local PAGES = {}
for kind, languages in pairs(words) do
    PAGES[kind] = {}
    for language, page in pairs(languages) do
        PAGES[kind][language] = build(language, page[1], page[2])
    end
end

local _M = {}

-- German where the reader wants it at least as much as English (RFC 9110 section 12.5.4); else English.
function _M.language(header)
    local best, weight = "en", 0
    for range in (header or ""):sub(1, 200):lower():gmatch("[^,]+") do
        local name, rest = range:match("^%s*(%a+)[%w-]*%s*(.*)$")
        local q = rest and tonumber(rest:match("q=([%d.]+)") or 1) or 0
        if (name == "de" or name == "en") and q > weight then
            best, weight = name, q
        end
    end
    return best
end

-- Ends the request. `kind` names the page where the status has more than one.
function _M.answer(status, kind)
    local pages = PAGES[kind or status] or PAGES[500]
    local language = _M.language(ngx.var.http_accept_language)
    local body, header = pages[language], ngx.header
    ngx.req.discard_body()
    ngx.status = status
    header["Content-Type"] = "text/html; charset=utf-8"
    header["Content-Length"] = #body
    header["Content-Language"] = language
    header["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    header["Cache-Control"] = "no-store"
    header["Vary"] = "Accept-Language"
    header["Retry-After"] = RETRY[kind or status]
    if ngx.req.get_method() ~= "HEAD" then
        ngx.print(body)
    end
    return ngx.exit(ngx.HTTP_OK)
end

return _M
