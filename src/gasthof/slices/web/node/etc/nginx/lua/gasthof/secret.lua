-- Made anew whenever nginx starts or reloads; the key under which verdicts are remembered.
local random = assert(io.open("/dev/urandom", "rb"))
local secret = random:read(32)
random:close()
assert(#secret == 32)
return secret
