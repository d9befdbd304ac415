-- Where a mailbox lies. Delivery asks for each mail, so the answer comes out of auth itself: no way to a worker and back (decision 16).
-- Asked anew each time and nothing kept: a change counts at once. Who is not found, or cannot be looked up, is asked for in SQL next.
local database = require("luasql.sqlite3").sqlite3()
local found = dovecot.auth
local connection

local function asked(name)
  local words
  if not connection then
    connection, words = database:connect("file:<<database>>?mode=ro")
    if not connection then
      return nil, words
    end
  end
  return connection:execute(string.format("<<user_query>>", connection:escape(name)))
end

function auth_userdb_lookup(request)
  local rows, words = asked(request.user)
  if not rows then
    connection = nil
    return found.USERDB_RESULT_INTERNAL_FAILURE, tostring(words)
  end
  local mailbox = rows:fetch({}, "a")
  rows:close()
  if not mailbox then
    return found.USERDB_RESULT_USER_UNKNOWN, "unknown"
  end
  return found.USERDB_RESULT_OK, mailbox
end

-- All are listed in SQL.
function auth_userdb_iterate()
  return {}
end
