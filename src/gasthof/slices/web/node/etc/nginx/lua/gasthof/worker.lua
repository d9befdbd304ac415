-- What each worker does once.
local ffi = require "ffi"

ffi.cdef "int prctl(int option, unsigned long value);"

local PR_SET_PDEATHSIG, SIGQUIT = 1, 3

local _M = {}

function _M.start()
    -- A worker whose master was killed would hold the ports against the next one: it ends, after its running requests.
    ffi.C.prctl(PR_SET_PDEATHSIG, SIGQUIT)
    -- Cached documents are long-lived: collect at half as much growth as lua does by itself.
    collectgarbage("setpause", 150)
end

return _M
