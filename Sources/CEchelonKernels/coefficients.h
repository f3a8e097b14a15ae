// Polynomials that are close to the best of their degree, lowest power first; computed by
// scripts/coefficients.py, which says of what. No include guard: static in each level_*.c.

// (exp(r) - 1 - r) / r^2 on [-0.34692, 0.34692]; largest error 1.41e-18
static const double EXP_Q[] = {
    0x1.0000000000000p-1,
    0x1.5555555555557p-3,
    0x1.5555555555556p-5,
    0x1.11111111100bep-7,
    0x1.6c16c16c162c3p-10,
    0x1.a01a01abf85abp-13,
    0x1.a01a01a6e1e2ap-16,
    0x1.71de01fdbf9cap-19,
    0x1.27e4db46cddd1p-22,
    0x1.af4e554377204p-26,
    0x1.1f7340dbc337ep-29,
};
// (log((1 + s) / (1 - s)) - 2 s) / s^3 in z = s^2 on [0.0, 0.0294667]; largest error 3.12e-16
static const double LOG_R[] = {
    0x1.5555555555558p-1,
    0x1.9999999995273p-2,
    0x1.2492492dfd86cp-2,
    0x1.c71c62d5e53e0p-3,
    0x1.7462b91b8df65p-3,
    0x1.39fdcceb4bb45p-3,
    0x1.2b5f68a50d903p-3,
};
// what follows 2/3 + 2/5 z in that, divided by z^2 on [0.0, 0.0294667]; largest error 2.53e-16
static const double LOG_R3[] = {
    0x1.2492492492497p-2,
    0x1.c71c71c7153b2p-3,
    0x1.745d175518b2dp-3,
    0x1.3b13a51cd4d2fp-3,
    0x1.1115a247755e8p-3,
    0x1.e01f44110e9cep-4,
    0x1.d9cc795cc9ae7p-4,
};
// (sin(r) - r) / r^3 in z = r^2 on [0.0, 0.618085]; largest error 2.07e-17
static const double SIN_S[] = {
    -0x1.5555555555555p-3,
    0x1.1111111110ba5p-7,
    -0x1.a01a019e80693p-13,
    0x1.71de379252004p-19,
    -0x1.ae60069e53ef1p-26,
    0x1.5e098556d302ep-33,
};
// (cos(r) - 1 + z/2) / z^2 in z = r^2 on [0.0, 0.618085]; largest error 1.29e-18
static const double COS_C[] = {
    0x1.5555555555555p-5,
    -0x1.6c16c16c16960p-10,
    0x1.a01a019f4d0edp-16,
    -0x1.27e4fa15bd814p-22,
    0x1.1eeb66b683028p-29,
    -0x1.907c0e63adbb6p-37,
};
// (tan(r) - r) / r^3 in z = r^2 on [0.0, 0.618085]; largest error 8.76e-17
static const double TAN_T[] = {
    0x1.5555555555554p-2,
    0x1.11111111116ecp-3,
    0x1.ba1ba1b98237ep-5,
    0x1.664f48b41a15bp-6,
    0x1.226e2d1c9078ep-7,
    0x1.d6d57715d7967p-9,
    0x1.7d8832d78c3d1p-10,
    0x1.3686bc0e4147fp-11,
    0x1.e34ccb9087620p-13,
    0x1.f80238a56554ep-14,
    -0x1.f31674d66d708p-19,
    0x1.21571d39ee54dp-14,
    -0x1.1d6a8c6a9d4d7p-15,
    0x1.33085dbacf4fcp-16,
};
// (atan(t) - t) / t^3 in z = t^2 on [0.0, 0.171916]; largest error 3.23e-17
static const double ATAN_A[] = {
    -0x1.5555555555555p-2,
    0x1.999999999932ep-3,
    -0x1.249249243498fp-3,
    0x1.c71c718447f81p-4,
    -0x1.745d0b01b986ap-4,
    0x1.3b125f7ecb403p-4,
    -0x1.10fa46077737ep-4,
    0x1.dfe2eb7b16e67p-5,
    -0x1.a08801ffa873ap-5,
    0x1.412ff26d1091bp-5,
    -0x1.39b5620720ceap-6,
};
// (asin(t) - t) / t^3 in z = t^2 on [0.0, 0.2501]; largest error 1.51e-17
static const double ASIN_A[] = {
    0x1.5555555555556p-3,
    0x1.3333333332ec4p-4,
    0x1.6db6db6e3292ep-5,
    0x1.f1c71c1d4aa0dp-6,
    0x1.6e8bb1d89492bp-6,
    0x1.1c4d343fa57f6p-6,
    0x1.c9cf3759fd8ffp-7,
    0x1.78246f32d075cp-7,
    0x1.524ea8b3aad31p-7,
    0x1.653a8f8cfd43cp-8,
    0x1.1d661531b222ep-6,
    -0x1.e7a24f548c99fp-7,
    0x1.d78189767524ep-6,
};
// (erf(x) - x) / x in z = x^2 on [0.0, 1.001]; largest error 2.19e-21
static const double ERF_E[] = {
    0x1.06eba8214db69p-3,
    -0x1.812746b0379e7p-2,
    0x1.ce2f21a042bdep-4,
    -0x1.b82ce312889b6p-6,
    0x1.565bcd0e64f5bp-8,
    -0x1.c02db3fee866fp-11,
    0x1.f9a326c1c6edfp-14,
    -0x1.f4d2561089023p-17,
    0x1.b9e64fed6bd39p-20,
    -0x1.5f6d8a893c396p-23,
    0x1.fc42dd57d886cp-27,
    -0x1.4e5e20d9bb5fap-30,
    0x1.7ef9816d93493p-34,
    -0x1.29971a2b8c684p-38,
};
// erfc(3) exp(9) 7, and what that lacks
static const double ERFC_MIDDLE = 0x1.40c522d7e4987p+0, ERFC_MIDDLE_LO = 0x1.a19969d5cf11fp-55;
// (erfc(x) exp(x^2) (1 + 2 x) - erfc(3) exp(9) 7) / q in q = (x - 3) / (x + 3) on [-0.719198, 0.803279]; largest error 3.97e-18
static const double ERFC_Q[] = {
    -0x1.15c084bb9e8f3p-3,
    -0x1.85a15c58aa609p-5,
    0x1.098366a5b46a9p-3,
    -0x1.e88b803a48bccp-4,
    0x1.17ca2877f1b65p-4,
    -0x1.8574c40bfaac8p-6,
    0x1.4b884e423c595p-9,
    0x1.ef1bdd684469dp-10,
    -0x1.98db50bbf00c3p-11,
    -0x1.b91281aa9a124p-14,
    0x1.065a2dd22e1e3p-13,
    0x1.4c27c0737e748p-18,
    -0x1.513a0beaad0e9p-16,
    -0x1.887c88696c83ap-21,
    0x1.d1eacbd48a8ccp-19,
    0x1.7cd98efe461fap-22,
    -0x1.49c007706ab5ap-21,
    -0x1.25c968c5ff237p-23,
    0x1.a69afb20e6347p-24,
    0x1.351dab84b9e2cp-25,
    -0x1.6963d25b4bcedp-27,
    -0x1.4e481a9d9bceap-28,
};
