# Says the same with the standard library's Logger in every way, each behind a line that names it.
# Lambda's runtime client for Ruby is in no package that can be had here: see documented.tsv.
require 'json'
require 'logger'
require 'time'

$stdout.sync = true

def vector(name)
  puts "\x1e#{name} #{Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond)}"
end

def failure
  raise ArgumentError, 'no order 7'
rescue ArgumentError => e
  e
end

log = Logger.new($stdout)
vector 'ruby-logger-info'
log.info('order 7 was taken')
vector 'ruby-logger-progname'
log.warn('shop') { 'low stock' }
vector 'ruby-logger-exception'
log.error(failure)
vector 'ruby-logger-lines'
log.fatal("order failed\nfor good")
vector 'ruby-logger-unknown'
log.unknown('what is it')
vector 'ruby-logger-object'
log.debug({ order: 7 })

log.formatter = lambda do |severity, time, progname, message|
  "#{JSON.generate(severity: severity, time: time.iso8601(3), progname: progname, message: message)}\n"
end
vector 'ruby-logger-json'
log.info('shop') { 'order 7 was taken' }
vector 'ruby-warn'
$stderr = $stdout
warn 'low stock'
