-- Publishes a value, at most once. Everything here happens in one step of the engine.
--
-- KEYS[1]  the value: a hash with its revision, who published it, and its content; also the channel's name
-- KEYS[2]  the number of the last publication of this writer that was settled
-- ARGV[1]  the writer
-- ARGV[2]  the number of this publication
-- ARGV[3]  'first' to publish only if there is no value yet, 'always' otherwise
-- ARGV[4]  the content
-- ARGV[5]  for how many seconds the writer's number is remembered

-- A writer that lost the answer sends its publication again. It must not count twice: somebody else may have
-- published since. A command that was under way for a long time must not arrive after its successors, either.
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
