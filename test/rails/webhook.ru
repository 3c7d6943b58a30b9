# frozen_string_literal: true

# A receiver of Loom's webhooks as an app with the gem zaikio-webhooks is one, for WebhookTest: the same route, signature and
# answers. As the gem does, it answers 200 to a signature that is not right, too, and does nothing then.
#   WEBHOOK_SECRET=secret puma -C - -e production -b tcp://127.0.0.1:3000 test/rails/webhook.ru
# Writes no file. Standard output has a line for each event that a job would be run with.

ENV["RAILS_ENV"] = "production"
require "rails"
require "action_controller/railtie"
$stdout.sync = true

class Shop < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = SecureRandom.hex(64)
  config.logger = ActiveSupport::Logger.new($stderr)
  config.log_level = :error
  config.hosts.clear
end

Shop.initialize!

class EventsController < ActionController::Base
  skip_forgery_protection # on by default
  before_action :only_from_loom

  MEMBERS = %i[id name subject timestamp version link received_at].freeze

  def receive
    event = params.permit(*MEMBERS, payload: {}).to_h
    $stdout.puts "job for #{params[:client_name]}, attempt #{request.headers['X-Loom-Attempt']}, " \
                 "key #{request.headers['Idempotency-Key']}: #{event.to_json}"
    head :ok
  end

  private

  def only_from_loom
    signature = OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("WEBHOOK_SECRET"), request.body.read)
    given = request.headers["X-Loom-Signature"].to_s
    return if ActiveSupport::SecurityUtils.secure_compare(signature, given)

    $stdout.puts "not signed right"
    head :ok
  end
end

Shop.routes.draw { post "/zaikio/webhook/:client_name", to: "events#receive" }
run Shop
