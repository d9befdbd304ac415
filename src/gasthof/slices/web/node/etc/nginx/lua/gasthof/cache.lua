-- A bounded cache by the CLOCK rule: what was used since the hand last came by stays. Tells the owner at once what falls out, so that
-- memory outside of lua (OpenSSL's) need not wait for lua's collector, which does not see it.
local _M = {}
local methods = {}
methods.__index = methods

function _M.new(size, discard)
    local cache = { size = size, discard = discard or function() end, count = 0, hand = 0 }
    cache.index, cache.keys, cache.values, cache.used = {}, {}, {}, {}
    return setmetatable(cache, methods)
end

function methods:get(key)
    local place = self.index[key]
    if place then
        self.used[place] = true
        return self.values[place]
    end
end

function methods:_place()
    if self.count < self.size then
        self.count = self.count + 1
        return self.count
    end
    local used, place = self.used, self.hand
    repeat
        place = place % self.size + 1
        local spared = used[place]
        used[place] = false
    until not spared
    self.hand = place
    self:_empty(place)
    return place
end

function methods:_empty(place)
    local key = self.keys[place]
    if key then
        self.index[key] = nil
        self.discard(self.values[place])
        self.keys[place], self.values[place] = false, false
    end
end

function methods:set(key, value)
    local place = self.index[key]
    if not place then
        place = self:_place()
        self.index[key], self.keys[place], self.values[place] = place, key, value
        self.used[place] = false
    elseif self.values[place] ~= value then
        self.discard(self.values[place])
        self.values[place] = value
    end
end

function methods:delete(key)
    local place = self.index[key]
    if place then
        self:_empty(place)
        self.used[place] = false
    end
end

return _M
