/// Writes and reads the layout that `SealedValue` documents. Every seal, open, wrap and unwrap comes through here.
enum Envelope {
    /// Seals a plaintext under a key for one place, with a fresh random nonce.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        kind: SealedKind,
        keyID: KeyID<some Any>,
        key: KeyMaterial,
        context: SealingContext
    ) -> SealedValue {
        let nonce = AEAD.Nonce.random()
        let header = [kind.version.rawValue, kind.rawValue] + keyID.bytes
        let associatedData = context.associatedData(after: header[...])
        let size = SealedValue.overhead + plaintext.count
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { output, count in
            let output = unsafe UnsafeMutableRawBufferPointer(start: output.baseAddress, count: size)
            unsafe output.copyBytes(from: header)
            let afterHeader = unsafe UnsafeMutableRawBufferPointer(rebasing: output[header.count...])
            unsafe withUnsafeBytes(of: nonce.bytes) { unsafe afterHeader.copyMemory(from: $0) }
            unsafe AEAD.seal(
                plaintext,
                associatedData: associatedData,
                nonce: nonce,
                key: key,
                into: UnsafeMutableRawBufferPointer(rebasing: afterHeader[AEAD.Nonce.size...])
            )
            count = size
        }
        return SealedValue(sealed: bytes, kind: kind)
    }

    /// Opens a value into `output`, which must have exactly `value.plaintextCount` bytes.
    ///
    /// The caller has compared the key id of the header: the key that is named is the only one ever tried.
    static func open(
        _ value: SealedValue,
        key: KeyMaterial,
        context: SealingContext,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) {
        try unsafe parts(of: value, context) { ciphertext, associatedData, nonce throws(AEADFailure) in
            try unsafe AEAD.open(
                ciphertext, associatedData: associatedData, nonce: nonce, key: key, into: output)
        }
    }

    /// Checks that a value would open, and makes no plaintext. As for `open`, the caller has compared the key id.
    static func verify(_ value: SealedValue, key: KeyMaterial, context: SealingContext) throws(SealingError) {
        try unsafe parts(of: value, context) { ciphertext, associatedData, nonce throws(AEADFailure) in
            try unsafe AEAD.verify(ciphertext, associatedData: associatedData, nonce: nonce, key: key)
        }
    }

    /// Takes a value apart for the cipher.
    private static func parts(
        of value: SealedValue,
        _ context: SealingContext,
        _ body: (UnsafeRawBufferPointer, _ associatedData: [UInt8], AEAD.Nonce) throws(AEADFailure) -> Void
    ) throws(SealingError) {
        let associatedData = context.associatedData(after: value.bytes[..<SealedValue.headerSize])
        let isGenuine = unsafe value.bytes.withUnsafeBytes { bytes in
            let afterHeader = unsafe bytes[SealedValue.headerSize...]
            guard
                let nonce = unsafe AEAD.Nonce(UnsafeRawBufferPointer(rebasing: afterHeader.prefix(AEAD.Nonce.size)))
            else { return false }
            do throws(AEADFailure) {
                let ciphertext = unsafe UnsafeRawBufferPointer(rebasing: afterHeader.dropFirst(AEAD.Nonce.size))
                try unsafe body(ciphertext, associatedData, nonce)
                return true
            } catch {
                return false
            }
        }
        guard isGenuine else { throw .cannotOpen }
    }
}
