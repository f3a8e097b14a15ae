"""Prints coefficients.h: near-minimax polynomials, from Chebyshev's expansion in 60 digits.

    pip install mpmath && python3 scripts/coefficients.py > Sources/CEchelonKernels/coefficients.h
"""
import mpmath as mp
mp.mp.dps = 60
print("""// Polynomials that are close to the best of their degree, lowest power first; computed by
// scripts/coefficients.py, which says of what. No include guard: static in each level_*.c.
""")
def fit(name, f, lo, hi, n, note):
    c, e = mp.chebyfit(f, [lo, hi], n, error=True)
    c = c[::-1]
    print("// %s on [%s, %s]; largest error %s" % (note, mp.nstr(lo, 6), mp.nstr(hi, 6), mp.nstr(e, 3)))
    print("static const double %s[] = {" % name)
    for v in c: print("    %s," % float(v).hex())
    print("};")
def fit_from_middle(name, f, lo, hi, n, note):   # f = f(0) + q g: f(0) in two parts, and g
    v, slope = f(mp.mpf(0)), mp.diff(f, 0)
    print("static const double %s_MIDDLE = %s, %s_MIDDLE_LO = %s;" % (name, float(v).hex(), name, float(v-mp.mpf(float(v))).hex()))
    fit(name, lambda q: slope if abs(q) < mp.mpf(10)**-12 else (f(q)-v)/q, lo, hi, n, note + ", less its middle and divided by the variable")
def series(f, point, tail):   # near 0 the quotient by a power of x is 0/0: take the limit from a series
    return lambda x: tail(x) if abs(x) < mp.mpf(10)**-12 else f(x)
L = mp.log(2)/2*mp.mpf('1.001')
# (exp(r) - 1 - r) / r^2
fit("EXP_Q", series(lambda r:(mp.exp(r)-1-r)/r**2,0,lambda r: mp.mpf(1)/2+r/6+r*r/24), -L, L, 11, "(exp(r) - 1 - r) / r^2")
# log(1+f) with s = f/(2+f), z = s^2:  (log(1+f) - 2 s) / s^3 = 2/3 + 2/5 z + ...
zmax = ((mp.sqrt(2)-1)/(mp.sqrt(2)+1))**2*mp.mpf('1.001')
def lg(z):
    if z < mp.mpf(10)**-12: return mp.mpf(2)/3+mp.mpf(2)/5*z
    s = mp.sqrt(z); return (mp.log((1+s)/(1-s)) - 2*s)/s**3
fit("LOG_R", lg, mp.mpf(0), zmax, 7, "(log((1 + s) / (1 - s)) - 2 s) / s^3 in z = s^2")
def lg3(z):
    if z < mp.mpf(10)**-12: return mp.mpf(2)/7+mp.mpf(2)/9*z
    s = mp.sqrt(z); return (((mp.log((1+s)/(1-s)) - 2*s)/s**3 - mp.mpf(2)/3)/z - mp.mpf(2)/5)/z
fit("LOG_R3", lg3, mp.mpf(0), zmax, 7, "what follows 2/3 + 2/5 z in that, divided by z^2")
q = (mp.pi/4*mp.mpf('1.001'))**2
def sn(z):
    if z < mp.mpf(10)**-12: return -mp.mpf(1)/6+z/120
    r = mp.sqrt(z); return (mp.sin(r)-r)/r**3
def cs(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/24-z/720
    r = mp.sqrt(z); return (mp.cos(r)-1+z/2)/z**2
fit("SIN_S", sn, mp.mpf(0), q, 6, "(sin(r) - r) / r^3 in z = r^2")
fit("COS_C", cs, mp.mpf(0), q, 6, "(cos(r) - 1 + z/2) / z^2 in z = r^2")
def tn(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/3+z*2/15
    r = mp.sqrt(z); return (mp.tan(r)-r)/r**3
fit("TAN_T", tn, mp.mpf(0), q, 14, "(tan(r) - r) / r^3 in z = r^2")
t = (mp.tan(mp.pi/8)*mp.mpf('1.001'))**2
def at(z):
    if z < mp.mpf(10)**-12: return -mp.mpf(1)/3+z/5
    r = mp.sqrt(z); return (mp.atan(r)-r)/r**3
fit("ATAN_A", at, mp.mpf(0), t, 11, "(atan(t) - t) / t^3 in z = t^2")
def asn(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/6+z*3/40
    r = mp.sqrt(z); return (mp.asin(r)-r)/r**3
fit("ASIN_A", asn, mp.mpf(0), mp.mpf('0.2501'), 13, "(asin(t) - t) / t^3 in z = t^2")
# The error function: (erf(x) - x) / x in z = x^2, and erfc(x) exp(x^2) (1 + 2 x) in q = (x - 3) / (x + 3).
def er(z):
    if z < mp.mpf(10)**-12: return 2/mp.sqrt(mp.pi)*(1-z/3)-1
    r = mp.sqrt(z); return mp.erf(r)/r-1
fit("ERF_E", er, mp.mpf(0), mp.mpf('1.001'), 14, "(erf(x) - x) / x in z = x^2")
def erfc_scaled(q):
    x = 3*(1+q)/(1-q); return mp.erfc(x)*mp.exp(x*x)*(1+2*x)
fit_from_middle("ERFC_Q", erfc_scaled, mp.mpf('-2.51')/mp.mpf('3.49'), mp.mpf('24.5')/mp.mpf('30.5'), 22, "erfc(x) exp(x^2) (1 + 2 x) in q = (x - 3) / (x + 3)")

# The quantile z of the standard normal distribution at p = 1/2 + d: (z/d - sqrt(2 pi)) / d^2 in d^2, and in the
# tails sqrt(2) r - z with r = sqrt(-log p), in (r - c) / (r + c).
def middle_quantile(w):
    if w < mp.mpf(10)**-15: return mp.sqrt(2*mp.pi)*(mp.pi/3+w*7*mp.pi**2/30)
    d = mp.sqrt(w); return (mp.sqrt(2)*mp.erfinv(2*d)/d-mp.sqrt(2*mp.pi))/w
fit("QUANTILE_C", middle_quantile, mp.mpf(0), mp.mpf('0.06251'), 15, "(z/d - sqrt(2 pi)) / d^2 in d^2, z the normal quantile of 1/2 + d")
def excess(r):
    z = mp.sqrt(2)*r - mp.log(2*mp.sqrt(mp.pi)*r + 1)/(mp.sqrt(2)*r)
    for _ in range(60):   # Newton's method for the logarithm of the tail
        tail = mp.erfc(z/mp.sqrt(2))/2
        step = (mp.log(tail)+r*r)*tail*mp.sqrt(2*mp.pi)*mp.exp(z*z/2); z += step
        if abs(step) < mp.mpf(10)**-50: return mp.sqrt(2)*r - z
    raise ValueError(r)
FAR = mp.mpf('6.5')
print("#define QUANTILE_FAR %s" % FAR)
for name, c, lo, hi, n in (("QUANTILE_G", mp.mpf('2.5'), mp.mpf('1.17'), FAR, 23), ("QUANTILE_H", mp.mpf(11), FAR, mp.mpf('27.4'), 19)):
    print("#define %s_CENTRE %s" % (name, c))
    fit_from_middle(name, lambda q: excess(c*(1+q)/(1-q)), (lo-c)/(lo+c), (hi-c)/(hi+c), n, "sqrt(2) r - z in q = (r - %s) / (r + %s), -z the normal quantile of exp(-r^2)" % (c, c))

# The gamma function: gamma(2 + t) = 1 + t G, log(gamma(2 + t)) = t K, and Stirling's series in 1 / x^2.
half = mp.mpf('0.5005')
fit("GAMMA_G", series(lambda t: (mp.gamma(2+t)-1)/t, 0, lambda t: mp.digamma(2)+t*(mp.polygamma(1,2)+mp.digamma(2)**2)/2), -half, half, 19, "(gamma(2 + t) - 1) / t")
fit_from_middle("GAMMA_K", series(lambda t: mp.loggamma(2+t)/t, 0, lambda t: mp.digamma(2)+t*mp.polygamma(1,2)/2+t**2*mp.polygamma(2,2)/6), -half, half, 17, "log(gamma(2 + t)) / t")
def stirling(w):
    if w < mp.mpf(10)**-9: return mp.mpf(1)/12-w/360+w*w/1260-w**3/1680
    x = 1/mp.sqrt(w); return (mp.loggamma(x)-((x-mp.mpf(1)/2)*mp.log(x)-x+mp.log(2*mp.pi)/2))*x
fit("GAMMA_T", stirling, mp.mpf(0), mp.mpf(1)/64, 7, "(log(gamma(x)) - (x - 1/2) log(x) + x - log(2 pi)/2) x in 1 / x^2")
def sinpi(z):
    if z < mp.mpf(10)**-12: return -mp.pi**2/6+z*mp.pi**4/120
    f = mp.sqrt(z); return (mp.sin(mp.pi*f)/(mp.pi*f)-1)/z
fit("SINPI_S", sinpi, mp.mpf(0), mp.mpf('0.2501'), 8, "(sin(pi f) / (pi f) - 1) / f^2 in z = f^2")
