/// What is read of the `storage` block: where the embedded store keeps its spans. Key names are Tempo's.
///
/// Read only when the embedded store is used; beside `federation.proxy_targets` the block belongs to other programs.
public struct StorageConfiguration: Sendable, Equatable {
    /// `trace.backend`: only `local` is possible.
    public var backend = "local"
    /// `trace.local.path`: the folder of the embedded store, made when it is missing. Empty: ``defaultPath``.
    public var localPath = ""
    /// `trace.wal.path`: without effect, since the log lies in the store's folder.
    public var walPath = ""

    /// The folder when none is named, below the working directory.
    public static let defaultPath = "tempo-data"

    /// The folder in use.
    public var path: String { localPath.isEmpty ? Self.defaultPath : localPath }

    /// The defaults.
    public init() {}
}
