# frozen_string_literal: true

# Loom's websocket as Rails really speaks it, for RailsTest: Action Cable with request-forgery protection on, as it is by default.
#   LOOM_TOKEN=secret puma -C - -e production -b tcp://127.0.0.1:3000 test/rails/config.ru
# Writes no file. Standard error shows refused origins and tokens, and nothing else in health.

ENV["RAILS_ENV"] = "production"
require "rails"
require "action_controller/railtie"
require "action_cable/engine"

class Loom < Rails::Application
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = SecureRandom.hex(64)
  config.logger = ActiveSupport::Logger.new($stderr)
  config.log_level = :error
  config.cache_store = :null_store # the default one is a folder
  config.action_cable.mount_path = "/websocket"
  config.action_cable.cable = { "adapter" => "async" }
end

module ApplicationCable
  class Connection < ActionCable::Connection::Base
    ORGANIZATION = "Org/837ebb91-2d4b-4818-a19b-04fea7be8cde"
    identified_by :organization # what a remote disconnect finds a connection by
    cattr_reader :accepted, default: Concurrent::AtomicFixnum.new

    def connect
      given = request.headers["Authorization"].to_s.delete_prefix("Bearer ")
      reject_unauthorized_connection unless ActiveSupport::SecurityUtils.secure_compare(given, ENV.fetch("LOOM_TOKEN"))
      self.organization = ORGANIZATION
      accepted.increment
    end

    # ActionCable.server.connections still holds those that a restart closed.
    def self.open = ActionCable.server.connections.count { |connection| connection.send(:websocket).alive? }
  end
end

class EventChannel < ActionCable::Channel::Base
  def subscribed
    names = params[:events].to_s.split(",").map(&:strip)
    return reject if names.empty? || names.any? { |name| name.start_with?("forbidden.") }

    names.each { |name| stream_from name }
  end
end

Loom.initialize!
Loom.routes.draw do
  answer = ->(status, body = "") { [status, { "Content-Type" => "application/json" }, [body]] }

  post "/admin/publish", to: (lambda do |env|
    event = JSON.parse(env["rack.input"].read)
    ActionCable.server.broadcast(event.fetch("name"), event)
    answer.(204)
  end)
  post "/admin/disconnect", to: (lambda do |_|
    ActionCable.server.remote_connections.where(organization: ApplicationCable::Connection::ORGANIZATION).disconnect
    answer.(204)
  end)
  post "/admin/restart", to: (lambda do |_|
    ActionCable.server.restart
    answer.(204)
  end)
  get "/admin/connections", to: (lambda do |_|
    answer.(200, { open: ApplicationCable::Connection.open, accepted: ApplicationCable::Connection.accepted.value }.to_json)
  end)
end
run Loom
