-- Publishes a value at most once. The engine executes this script atomically.
--
-- KEYS[1]  the value: a hash with its revision, its publication and its content; also the channel's name
-- KEYS[2]  the number of this writer's last settled publication
-- ARGV[1]  the writer
-- ARGV[2]  the number of this publication
-- ARGV[3]  'first' to publish only if there is no value yet, 'always' otherwise
-- ARGV[4]  the content
-- ARGV[5]  how many seconds the writer's number is kept

-- A writer that lost the answer sends its publication again. It must not count twice, because another writer may have
-- published since. A delayed command must not take effect after later ones, either.
local settled = tonumber(redis.call('GET', KEYS[2]) or '0')
if settled >= tonumber(ARGV[2]) then
    return {'before', 0}
end

if ARGV[3] == 'first' and redis.call('EXISTS', KEYS[1]) == 1 then
    return {'not first', 0}
end

local revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
redis.call('HSET', KEYS[1], 'publication', ARGV[1] .. ':' .. ARGV[2], 'content', ARGV[4])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[5])
redis.call('PUBLISH', KEYS[1], revision)
return {'accepted', revision}
