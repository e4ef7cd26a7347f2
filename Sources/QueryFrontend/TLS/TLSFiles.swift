import HTTPTransport

/// Files of certificates and keys: how they are read, and what is said of one that cannot be used.
enum TLSFiles {
    /// nil when no file is named.
    static func read(
        _ path: String, _ key: String, _ readFile: TLSContexts.FileContent
    ) throws(TLSProblem) -> [UInt8]? {
        guard !path.isEmpty else { return nil }
        do throws(FileReadError) {
            return try readFile(path)
        } catch {
            throw TLSProblem(text: "\(key): open \(path.prefix(256)): \(error.message)")
        }
    }

    static func version(_ name: String) -> TLSVersion? { TLSNames.versions[name] ?? TLSNames.numbers[name] }

    /// Where what a context is made of stands: keys, with the files that they name.
    struct Places {
        let block: String
        let trusted: String
        let certificate: String
        let key: String

        /// What the library says, with its place before it.
        func problem(_ error: any Error) -> TLSProblem {
            let place =
                switch (error as? TLSError)?.code ?? .settings {
                case .trusted: trusted
                case .certificate: certificate
                case .key: key
                default: block
                }
            return TLSProblem(text: "\(place): \(error)")
        }
    }

    static func place(_ key: String, _ file: String) -> String { file.isEmpty ? key : "\(key): \(file.prefix(256))" }

    /// Puts the place before what the library says.
    static func naming<R>(_ places: Places, _ body: () throws -> R) throws(TLSProblem) -> R {
        do {
            return try body()
        } catch {
            throw places.problem(error)
        }
    }

    /// What the library has against settings; nil: nothing.
    static func problem<Settings>(
        _ places: Places, _ replace: (Settings) throws -> Void, _ settings: Settings
    ) -> TLSProblem? {
        do {
            try replace(settings)
            return nil
        } catch {
            return places.problem(error)
        }
    }
}
