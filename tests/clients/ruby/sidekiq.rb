# What a program and Sidekiq's web pages ask: ruby sidekiq.rb <part>; each part prints what it saw.
require_relative "sidekiq_jobs"
require "sidekiq/api"
require "json"

def counts
  stats = Sidekiq::Stats.new
  {
    processed: stats.processed, failed: stats.failed, enqueued: stats.enqueued,
    scheduled: stats.scheduled_size, retries: stats.retry_size, dead: stats.dead_size,
    processes: Sidekiq::ProcessSet.new.size,
  }
end

case ARGV[0]
when "put"
  20.times { |number| Note.perform_async(number) }
  Sidekiq::Client.push_bulk("class" => Note, "args" => (20...120).map { |number| [number] })
  Note.perform_in(1, 200)
  Note.perform_at(Time.now.to_f + 3600, 999)
  Flaky.perform_async(300)
  Hopeless.perform_async(400)
  Note.set(queue: "other").perform_async(500)
when "put many"
  Sidekiq::Client.push_bulk("class" => Note, "args" => (0...ARGV[1].to_i).map { |n| [n] })
when "put held"
  6.times { |number| Held.perform_async(number) }
when "counts"
  puts JSON.generate(counts)
when "pages"
  # the web pages' requests, on jobs that are there
  scheduled = Sidekiq::ScheduledSet.new
  job = scheduled.find { |each| each.args == [999] }
  raise "not scheduled" unless job && scheduled.find_job(job.jid)
  job.reschedule(Time.now.to_f + 7200)
  scheduled.scan("999") { |each| raise "another" unless each.args == [999] }
  dead = Sidekiq::DeadSet.new
  raise "nobody died" unless dead.size == 1
  puts "dead: #{dead.first.klass} #{dead.first["error_message"]}"
  dead.first.retry
  raise "it is still dead" unless dead.size == 0
  queue = Sidekiq::Queue.new("default")
  puts "again: #{queue.first.klass} of #{queue.size}, #{queue.latency < 60}"
  queue.first.delete
  scheduled.each(&:delete)
  Note.set(queue: "other").perform_in(3600, 1)
  scheduled.each(&:add_to_queue)
  other = Sidekiq::Queue.new("other")
  puts "other: #{other.size}, paused: #{other.paused?}"
  other.clear
  puts "queues: #{Sidekiq::Queue.all.map(&:name).sort}"
  history = Sidekiq::Stats::History.new(2)
  puts "history: #{history.processed.values.sum} #{history.failed.values.sum}"
  Sidekiq::Stats.new.reset
  puts JSON.generate(counts)
when "processes"
  # while workers are busy
  process = Sidekiq::ProcessSet.new.first
  puts "concurrency: #{process["concurrency"]}, queues: #{process["queues"]}"
  puts "work: #{Sidekiq::WorkSet.new.map { |_, _, work| work["payload"]["class"] }.uniq}"
end
