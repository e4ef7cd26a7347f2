/// How the log lies in its files.
///
/// A file begins with its header, twice (so that one flipped bit does not cost the file), then records follow without gaps:
///
///     header, 48 bytes      "TSTORLOG", version u32, limit u32, salt u64, limits 4 x u32, checksum u64
///     record, 40 bytes      magic u32, tenant length u32, body length u32, checksum of this header u32,
///                           sequence u64, received u64, checksum of tenant and body u64
///                           then the tenant's name and the body, the protobuf of an export request
///
/// Numbers are little-endian, checksums XXH64 with the salt as seed. The salt is random, so that what clients send cannot look like a
/// record.
enum LogFormat {
    static let magic: [UInt8] = Array("TSTORLOG".utf8)
    static let version: UInt32 = 1
    static let headerCount = 48
    static let filePrologueCount = 2 * headerCount
    static let recordMagic: UInt32 = 0x6352_9e1d
    static let recordHeaderCount = 40

    /// What a file's records were accepted under.
    struct FileHeader: Equatable {
        var salt: UInt64
        /// Of a file that is read, only those that change what is stored: the sizes of attributes and how many.
        var limits: IngestLimits

        var bytes: [UInt8] {
            var bytes = LogFormat.magic
            bytes.append(number: LogFormat.version)
            bytes.append(number: UInt32(clamping: limits.maxEncodedValueBytes))
            bytes.append(number: salt)
            for limit in [limits.maxAttributeBytes, limits.maxAttributes, limits.maxEvents, limits.maxLinks] {
                bytes.append(number: UInt32(clamping: limit))
            }
            bytes.append(number: bytes.withUnsafeBytes { XXHash64.hash($0) })
            return bytes
        }

        /// Both copies.
        var prologue: [UInt8] { bytes + bytes }

        /// - Returns: nil when neither copy is whole.
        /// - Throws: ``StoreOpenError`` for a whole one of another version.
        static func read(_ file: UnsafeRawBufferPointer) throws(StoreOpenError) -> FileHeader? {
            for start in [0, LogFormat.headerCount] where file.count >= start + LogFormat.headerCount {
                let bytes = UnsafeRawBufferPointer(rebasing: file[start..<start + LogFormat.headerCount])
                let content = UnsafeRawBufferPointer(rebasing: bytes[..<40])
                guard bytes[..<8].elementsEqual(LogFormat.magic),
                    bytes.number(at: 40, as: UInt64.self) == XXHash64.hash(content)
                else { continue }
                let version = bytes.number(at: 8, as: UInt32.self)
                guard version == LogFormat.version else {
                    throw StoreOpenError(
                        "the log has format version \(version), this program reads \(LogFormat.version)")
                }
                var limits = IngestLimits.forReplay
                limits.maxEncodedValueBytes = Int(bytes.number(at: 12, as: UInt32.self))
                limits.maxAttributeBytes = Int(bytes.number(at: 24, as: UInt32.self))
                limits.maxAttributes = Int(bytes.number(at: 28, as: UInt32.self))
                limits.maxEvents = Int(bytes.number(at: 32, as: UInt32.self))
                limits.maxLinks = Int(bytes.number(at: 36, as: UInt32.self))
                return FileHeader(salt: bytes.number(at: 16, as: UInt64.self), limits: limits)
            }
            return nil
        }
    }

    struct RecordHeader {
        var tenantCount: Int
        var bodyCount: Int
        var sequence: UInt64
        var received: UInt64
        var checksum: UInt64

        func bytes(salt: UInt64) -> [UInt8] {
            var rest: [UInt8] = []
            rest.append(number: sequence)
            rest.append(number: received)
            rest.append(number: checksum)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(LogFormat.recordHeaderCount)
            bytes.append(number: LogFormat.recordMagic)
            bytes.append(number: UInt32(truncatingIfNeeded: tenantCount))
            bytes.append(number: UInt32(truncatingIfNeeded: bodyCount))
            let checked = (bytes + rest).withUnsafeBytes { XXHash64.hash($0, seed: salt) }
            bytes.append(number: UInt32(truncatingIfNeeded: checked))
            return bytes + rest
        }

        /// - Returns: nil when there is no whole header.
        init?(_ file: UnsafeRawBufferPointer, at offset: Int, salt: UInt64) {
            guard file.count - offset >= LogFormat.recordHeaderCount,
                file.number(at: offset, as: UInt32.self) == LogFormat.recordMagic
            else { return nil }
            tenantCount = Int(file.number(at: offset + 4, as: UInt32.self))
            bodyCount = Int(file.number(at: offset + 8, as: UInt32.self))
            sequence = file.number(at: offset + 16, as: UInt64.self)
            received = file.number(at: offset + 24, as: UInt64.self)
            checksum = file.number(at: offset + 32, as: UInt64.self)
            let own = file[offset..<offset + LogFormat.recordHeaderCount]
            guard own.elementsEqual(bytes(salt: salt)) else { return nil }
        }

        init(tenantCount: Int, bodyCount: Int, sequence: UInt64, received: UInt64, checksum: UInt64) {
            self.tenantCount = tenantCount
            self.bodyCount = bodyCount
            self.sequence = sequence
            self.received = received
            self.checksum = checksum
        }

        /// The whole record.
        var recordCount: Int { LogFormat.recordHeaderCount + tenantCount + bodyCount }
    }

    /// The checksum of a record's content.
    static func checksum(tenant: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, salt: UInt64) -> UInt64 {
        XXHash64.hash(body, seed: XXHash64.hash(tenant, seed: salt))
    }
}

extension [UInt8] {
    /// Appends a number, least significant byte first.
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// A little-endian number at an offset, which the caller has checked.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Number.Type) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
