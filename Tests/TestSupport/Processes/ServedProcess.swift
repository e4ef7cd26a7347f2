public import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A built executable of this package, running as a child process, with its standard error kept.
///
/// `stop()` (or going away) ends the child; no test leaves one behind.
public final class ServedProcess: Sendable {
    /// The child did not start, did not get ready or did not end in time; the text holds the end of its output.
    public struct Failure: Error, CustomStringConvertible {
        /// The reason, then the last lines of output.
        public let description: String
    }

    private struct State {
        var standardError = ""
        var standardOutput = ""
        var exitCode: Int32?
        var endedByReader = 0
    }

    private let process: Process
    private let state = Mutex(State())
    private let changed = NSCondition()
    private let folder: URL?

    /// Starts `executable` (found by ``locate(_:near:)``).
    /// - Parameters:
    ///   - files: written to a new temporary folder first; `{folder}` in an argument stands for that folder.
    ///   - environment: added to that of the test.
    public init(
        executable: URL, arguments: [String], files: [String: String] = [:], environment: [String: String] = [:]
    ) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("served-\(ProcessInfo.processInfo.globallyUniqueString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        self.folder = folder
        process = Process()
        process.executableURL = executable
        process.arguments = arguments.map { $0.replacingOccurrences(of: "{folder}", with: folder.path) }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let errorPipe = Pipe()
        let outputPipe = Pipe()
        process.standardError = errorPipe
        process.standardOutput = outputPipe
        process.standardInput = FileHandle.nullDevice
        process.terminationHandler = { [weak self] ended in
            guard let self else { return }
            self.note { $0.exitCode = ended.terminationStatus }
        }
        try process.run()
        read(errorPipe.fileHandleForReading, isError: true)
        read(outputPipe.fileHandleForReading, isError: false)
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        if let folder { try? FileManager.default.removeItem(at: folder) }
    }

    /// The process id of the child.
    public var processID: Int32 { process.processIdentifier }
    /// What the child has written to standard error so far.
    public var standardError: String { state.withLock { $0.standardError } }
    /// What the child has written to standard output so far.
    public var standardOutput: String { state.withLock { $0.standardOutput } }

    private func note(_ change: (inout State) -> Void) {
        changed.lock()
        state.withLock { change(&$0) }
        changed.broadcast()
        changed.unlock()
    }

    private func read(_ handle: FileHandle, isError: Bool) {
        Thread.detachNewThread { [weak self] in
            while true {
                let data = handle.availableData
                guard let self else { return }
                if data.isEmpty { return self.note { $0.endedByReader += 1 } }
                let text = String(decoding: data, as: UTF8.self)
                self.note { if isError { $0.standardError += text } else { $0.standardOutput += text } }
            }
        }
    }

    /// Waits until `test` is true of the state, at most `seconds`.
    private func wait(_ seconds: Double, until test: (State) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        changed.lock()
        defer { changed.unlock() }
        while !state.withLock({ test($0) }) {
            if !changed.wait(until: deadline) { return state.withLock { test($0) } }
        }
        return true
    }

    /// Waits for a line of standard error that holds `marker` and returns it.
    public func waitForLine(containing marker: String, seconds: Double = 60) throws -> String {
        func line(in text: String) -> String? {
            // The last piece may still grow.
            text.components(separatedBy: "\n").dropLast().first { $0.contains(marker) }
        }
        _ = wait(seconds) { line(in: $0.standardError) != nil || $0.exitCode != nil }
        if let found = line(in: standardError) { return found }
        throw Failure(description: "no line with '\(marker)' in \(seconds) s; \(report())")
    }

    /// The port in `key` + `host:port` of a line; fails when there is none.
    public static func port(in line: String, after key: String) throws -> Int {
        if let start = line.range(of: key)?.upperBound {
            let address = line[start...].prefix { $0 != " " && $0 != "/" && $0 != "\"" && $0 != "," }
            if let colon = address.lastIndex(of: ":"),
                let port = Int(address[address.index(after: colon)...].prefix { $0.isNumber })
            {
                return port
            }
        }
        throw Failure(description: "no port after '\(key)' in: \(line)")
    }

    /// Sends a signal, SIGTERM unless said otherwise.
    public func signal(_ number: Int32 = SIGTERM) { kill(process.processIdentifier, number) }

    /// Waits for the child to end.
    /// - Returns: its exit code.
    public func exitCode(within seconds: Double = 60) throws -> Int32 {
        _ = wait(seconds) { $0.exitCode != nil && $0.endedByReader == 2 }
        if let code = state.withLock({ $0.exitCode }) { return code }
        throw Failure(description: "still running after \(seconds) s; \(report())")
    }

    /// Ends the child: SIGTERM, then SIGKILL when it does not obey within `seconds`.
    public func stop(within seconds: Double = 20) {
        guard process.isRunning else { return }
        signal()
        if (try? exitCode(within: seconds)) == nil { signal(SIGKILL) }
    }

    private func report() -> String {
        let state = state.withLock { $0 }
        let code = state.exitCode.map { "exit code \($0)" } ?? "running"
        return
            "\(code); stderr ends: \(state.standardError.suffix(1500)) stdout ends: \(state.standardOutput.suffix(300))"
    }

    /// The built executable `name` beside the test bundle.
    /// - Parameter bundle: `.module` of the test target.
    public static func locate(_ name: String, near bundle: Bundle) throws -> URL {
        var starts = [bundle.bundleURL, Bundle.main.bundleURL]
        if let program = CommandLine.arguments.first { starts.append(URL(fileURLWithPath: program)) }
        for start in starts {
            var folder = start.standardizedFileURL
            for _ in 0..<6 {
                let candidate = folder.appendingPathComponent(name)
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue,
                    FileManager.default.isExecutableFile(atPath: candidate.path)
                {
                    return candidate
                }
                folder.deleteLastPathComponent()
            }
        }
        throw Failure(description: "no built executable \(name) near \(starts.map(\.path))")
    }

    /// The root of the package that holds the test: the first folder above `file` with a Package.swift.
    public static func packageRoot(above file: String = #filePath) throws -> URL {
        var folder = URL(fileURLWithPath: file)
        for _ in 0..<8 {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
                return folder
            }
        }
        throw Failure(description: "no Package.swift above \(file)")
    }
}
