/// Whether a modulus looks like the output of the key generator of CVE-2017-15361 ("ROCA"), whose keys can be factored.
///
/// Its primes are powers of 65537 modulo the product of the small primes, and so is their product. An honest modulus
/// passes for one with a chance of about 2^-28.
func hasROCAFingerprint(_ modulus: [UInt8]) -> Bool {
    let smallPrimes = (3...167).filter { number in !(2..<number).contains { number % $0 == 0 } }
    return smallPrimes.allSatisfy { prime in
        let remainder = modulus.reduce(0) { ($0 << 8 | Int($1)) % prime }
        var power = 1
        repeat {
            if power == remainder { return true }
            power = power * 65537 % prime
        } while power != 1
        return false
    }
}
