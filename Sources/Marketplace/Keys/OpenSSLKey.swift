internal import COpenSSL

/// An OpenSSL key, freed with its last reference.
///
/// `@unchecked Sendable`: the EVP_PKEY is never changed after `init`; OpenSSL counts its references atomically and
/// locks its own caches, so threads may verify and sign with it at once.
@safe final class OpenSSLKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the one reference that `pointer` stands for; nil when OpenSSL returned none.
    init?(owning pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else {
            ERR_clear_error()
            return nil
        }
        unsafe self.pointer = unsafe pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Whether it is a plain RSA key, not RSA-PSS or any other kind.
    var isRSA: Bool { unsafe EVP_PKEY_is_a(pointer, "RSA") == 1 }

    /// Bits of the modulus.
    var bits: Int { Int(unsafe EVP_PKEY_get_bits(pointer)) }

    /// Bytes of the modulus, which is the length of every signature.
    var signatureLength: Int { (bits + 7) / 8 }

    /// A number of the key, big-endian without leading zeros; nil when it has none of this name.
    func number(_ name: String) -> [UInt8]? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1 else {
            ERR_clear_error()
            return nil
        }
        defer { unsafe BN_free(number) }
        let count = (Int(unsafe BN_num_bits(number)) + 7) / 8
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = Int(unsafe BN_bn2bin(number, buffer.baseAddress))
        }
    }

    /// The public half as SubjectPublicKeyInfo, DER.
    var spki: [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PUBKEY(pointer, &bytes)
        defer { unsafe CRYPTO_free(bytes, nil, 0) }
        guard count > 0 else {
            ERR_clear_error()
            return nil
        }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}
