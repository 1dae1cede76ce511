# What Dalli's client does, by the meta protocol, with the server at the port that is named.
require 'dalli'
require 'dalli/protocol/meta'

PORT = ARGV.fetch(0)

def client(**more)
  Dalli::Client.new("127.0.0.1:#{PORT}", protocol: :meta, expires_in: 300, **more)
end

def same(found, expected, what)
  raise "#{what}: #{found.inspect} in the place of #{expected.inspect}" unless found == expected
end

dc = client(compress: true)
dc.flush
same dc.get('nil'), nil, 'a miss'
long = { a: 1, b: [1, 2, 'x' * 10_000] }
dc.set('abc', long)
same dc.get('abc'), long, 'a marshalled value'
same dc.add('abc', 1), false, 'add where something is'
same !!dc.add('new', 1), true, 'add'
same !!dc.replace('new', 2), true, 'replace'
same dc.replace('none', 2), false, 'replace where nothing is'
dc.set('raw', 'abc', 60, raw: true)
same !!dc.append('raw', 'd'), true, 'append'
same !!dc.prepend('raw', '_'), true, 'prepend'
same dc.get('raw', raw: true), '_abcd', 'a raw value'
same dc.incr('count', 5, 60, 10), 10, 'incr with a beginning'
same dc.incr('count', 5), 15, 'incr'
same dc.decr('count', 20), 0, 'decr'
same dc.get_multi('abc', 'new', 'none').keys.sort, %w[abc new], 'get_multi'
same !!dc.cas('new') { |value| value + 1 }, true, 'cas'
same dc.get('new'), 3, 'what cas has made'
_, number = dc.get_cas('new')
same !!dc.set_cas('new', 9, number), true, 'set_cas'
same dc.set_cas('new', 10, number), false, 'set_cas too late'
same dc.replace_cas('new', 11, number), false, 'replace_cas too late'
same !!dc.delete('new'), true, 'delete'
same dc.delete('new'), false, 'delete again'
same dc.fetch('f', 10) { 42 }, 42, 'fetch'
same dc.fetch('f', 10) { 43 }, 42, 'fetch again'
same !!dc.touch('f', 100), true, 'touch'
same dc.gat('f', 100), 42, 'gat'
same !!dc.set('key with space é', 'v'), true, 'a key in base64'
same dc.get('key with space é'), 'v', 'a key in base64'
dc.quiet { 100.times { |i| dc.set("q#{i}", i) } }
same dc.get('q99'), 99, 'quiet'
begin
  dc.set('big', Random.new(1).bytes(2_000_000), 60, raw: true)
  raise 'too large a value was taken'
rescue Dalli::ValueOverMaxSize
  same dc.get('f'), 42, 'after too large a value'
end
same dc.stats.values.first['curr_items'].to_i.positive?, true, 'stats'
same dc.version.values.first.start_with?('1.6'), true, 'version'
dc.close
threads = Array.new(8) do |thread|
  Thread.new do
    own = client
    200.times do |i|
      own.set("t#{thread}-#{i}", i)
      same own.get("t#{thread}-#{i}"), i, 'beside others'
    end
  end
end
threads.each(&:join)
puts 'all of it'
