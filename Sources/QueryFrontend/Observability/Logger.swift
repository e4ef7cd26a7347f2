/// Writes log lines in the order of Tempo: `level`, `ts`, `caller`, `msg`, then the fields as given.
///
/// A value: copies share the sink. When a level is off, a call costs one comparison: message and fields are not evaluated.
/// Values are cut at ``maxValueBytes``. Secrets must be passed as ``Secret``'s description, never revealed.
public struct Logger: Sendable {
    /// Bytes kept of one text value; what is cut is replaced by `...`.
    public static let maxValueBytes = 8192
    /// Fields kept of one line.
    public static let maxFields = 64

    /// The least urgent level that is written.
    public let level: LogLevel
    /// The shape of a line.
    public let format: LogFormat
    private let sink: any LogSink
    private let now: @Sendable () -> Int64

    /// A logger. `now` gives Unix nanoseconds and exists for tests.
    public init(
        level: LogLevel = .info, format: LogFormat = .logfmt, sink: any LogSink = StandardErrorLogSink(),
        now: (@Sendable () -> Int64)? = nil
    ) {
        self.level = level
        self.format = format
        self.sink = sink
        self.now = now ?? { SystemWallClock().unixNanoseconds }
    }

    /// True when a line of this level would be written.
    public func isOn(_ level: LogLevel) -> Bool { level >= self.level }

    /// Writes a line of level debug.
    public func debug(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        file: StaticString = #fileID, line: UInt = #line
    ) {
        guard isOn(.debug) else { return }
        write(.debug, message(), fields().map { ($0.key, $0.value) }, file: file, line: line)
    }

    /// Writes a line of level info.
    public func info(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        file: StaticString = #fileID, line: UInt = #line
    ) {
        guard isOn(.info) else { return }
        write(.info, message(), fields().map { ($0.key, $0.value) }, file: file, line: line)
    }

    /// Writes a line of level warn.
    public func warn(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        file: StaticString = #fileID, line: UInt = #line
    ) {
        guard isOn(.warn) else { return }
        write(.warn, message(), fields().map { ($0.key, $0.value) }, file: file, line: line)
    }

    /// Writes a line of level error.
    public func error(
        _ message: @autoclosure () -> String, _ fields: @autoclosure () -> KeyValuePairs<String, LogValue> = [:],
        file: StaticString = #fileID, line: UInt = #line
    ) {
        guard isOn(.error) else { return }
        write(.error, message(), fields().map { ($0.key, $0.value) }, file: file, line: line)
    }

    /// Writes a line whose fields were put together at run time.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, fields: @autoclosure () -> [(String, LogValue)],
        file: StaticString = #fileID, line: UInt = #line
    ) {
        guard isOn(level) else { return }
        write(level, message(), fields(), file: file, line: line)
    }

    private func write(
        _ level: LogLevel, _ message: String, _ fields: [(String, LogValue)], file: StaticString, line: UInt
    ) {
        var encoder = LogLineEncoder(format: format)
        encoder.append(key: "level", value: .string(level.rawValue))
        encoder.append(key: "ts", value: .string(Timestamp.rfc3339(unixNanoseconds: now())))
        encoder.append(key: "caller", value: .string(Logger.fileName(file) + ":\(line)"))
        encoder.append(key: "msg", value: .string(message))
        for (key, value) in fields.prefix(Logger.maxFields) {
            encoder.append(key: key, value: value)
        }
        sink.write(encoder.finish())
    }

    /// The last part of `Module/File.swift`.
    private static func fileName(_ file: StaticString) -> String {
        let bytes = Array(file.description.utf8)
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        return String(decoding: bytes[start...], as: UTF8.self)
    }
}
