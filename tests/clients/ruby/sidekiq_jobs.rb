# Sidekiq's side of tests/clients/test_sidekiq.py: the jobs, in worker and client alike.
require "sidekiq"

NOTES = ENV.fetch("JOBS_NOTES")
URL = ENV.fetch("JOBS_URL")
Sidekiq.configure_client { |config| config.redis = { url: URL } }
Sidekiq.configure_server do |config|
  config.redis = { url: URL }
  config.options[:average_scheduled_poll_interval] = 1
  config.options[:poll_interval_average] = 1
end

def add_line(word)
  File.open(NOTES, "a") { |file| file.write("#{word}\n") }
end

class Note
  include Sidekiq::Worker
  def perform(number)
    add_line(number)
  end
end

class Flaky
  include Sidekiq::Worker
  sidekiq_options retry: 3
  sidekiq_retry_in { 1 }
  def perform(number)
    add_line("try#{number}")
    raise "not yet" if File.read(NOTES).split.count("try#{number}") < 2
  end
end

class Hopeless
  include Sidekiq::Worker
  sidekiq_options retry: 0
  def perform(number)
    add_line("hopeless#{number}")
    raise "never"
  end
end

class Held
  include Sidekiq::Worker
  def perform(number)
    unless File.exist?(File.join(File.dirname(NOTES), "released"))
      add_line("held#{number}")
      sleep 3600
    end
    add_line("done#{number}")
  end
end
