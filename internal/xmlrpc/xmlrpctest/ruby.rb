# Ruby's xmlrpc (Debian's ruby-xmlrpc) as a third peer. Arguments:
#   serve             serves echo and the validator1 tests on a port it prints,
#                     until standard input ends
#   call URL          reads a JSON question a line: method and values, as tagged
#                     in referee.py, and answers in the same way
require "xmlrpc/client"
require "xmlrpc/server"
require "json"
require "socket"
require "base64"

XMLRPC::Config.module_eval do
  remove_const(:ENABLE_NIL_CREATE); const_set(:ENABLE_NIL_CREATE, true)
  remove_const(:ENABLE_NIL_PARSER); const_set(:ENABLE_NIL_PARSER, true)
end
$stdout.sync = true

def tag(v)
  case v
  when nil then ["nil"]
  when true, false then ["boolean", v]
  when Integer then ["int", v.to_s]
  when Float then ["double", v.to_s]
  when String then ["string", v.dup.force_encoding("utf-8")]
  when XMLRPC::DateTime then ["dateTime", format("%04d%02d%02dT%02d:%02d:%02d", *v.to_a)]
  when Array then ["array", v.map { |i| tag(i) }]
  when Hash then ["struct", v.map { |k, i| [k, tag(i)] }]
  else raise "no tag for #{v.class}"
  end
end

def untag(t)
  case t[0]
  when "nil" then nil
  when "int" then t[1].to_i
  when "double" then t[1].to_f
  when "base64" then XMLRPC::Base64.new(Base64.decode64(t[1]))
  when "dateTime" then XMLRPC::DateTime.new(*t[1].match(/(\d{4})(\d\d)(\d\d)T(\d\d):(\d\d):(\d\d)/).captures.map(&:to_i))
  when "array" then t[1].map { |i| untag(i) }
  when "struct" then t[1].map { |k, i| [k, untag(i)] }.to_h
  else t[1]
  end
end

def answer(client, q)
  { values: [tag(client.call(q["method"], *q["values"].map { |t| untag(t) }))] }
rescue XMLRPC::FaultException => e
  { fault: { code: e.faultCode, text: e.faultString } }
rescue StandardError => e
  { error: "#{e.class}: #{e.message}" }
end

if ARGV[0] == "call"
  client = XMLRPC::Client.new2(ARGV[1])
  $stdin.each_line { |line| puts JSON.generate(answer(client, JSON.parse(line))) }
  exit
end

rpc = XMLRPC::BasicServer.new
rpc.add_handler("echo") { |*args| args }
rpc.add_handler("fail") { raise XMLRPC::FaultException.new(7, "own <text>") }
rpc.add_handler("validator1.arrayOfStructsTest") { |a| a.sum { |s| s["curly"] } }
rpc.add_handler("validator1.countTheEntities") do |s|
  { "ctLeftAngleBrackets" => s.count("<"), "ctRightAngleBrackets" => s.count(">"), "ctAmpersands" => s.count("&"),
    "ctApostrophes" => s.count("'"), "ctQuotes" => s.count('"') }
end
rpc.add_handler("validator1.easyStructTest") { |s| s["moe"] + s["larry"] + s["curly"] }
rpc.add_handler("validator1.echoStructTest") { |s| s }
rpc.add_handler("validator1.manyTypesTest") { |*args| args }
rpc.add_handler("validator1.moderateSizeArrayCheck") { |a| a.first + a.last }
rpc.add_handler("validator1.nestedStructTest") { |s| s["2000"]["04"]["01"].values_at("moe", "larry", "curly").sum }
rpc.add_handler("validator1.simpleStructReturnTest") { |n| { "times10" => n * 10, "times100" => n * 100, "times1000" => n * 1000 } }

# A server of a few lines: its own wants webrick.
listener = TCPServer.new("127.0.0.1", 0)
puts listener.addr[1]
Thread.new do
  loop do
    Thread.new(listener.accept) do |s|
      length = 0
      while (line = s.gets) && line != "\r\n"
        length = line[/\Acontent-length:\s*(\d+)/i, 1].to_i if line =~ /\Acontent-length:/i
      end
      body = rpc.process(s.read(length))
      s.write("HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: #{body.bytesize}\r\n\r\n", body)
      s.close
    end
  end
end
$stdin.read
