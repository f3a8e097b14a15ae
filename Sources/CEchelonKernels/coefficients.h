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
static const double ERFC_Q_MIDDLE = 0x1.40c522d7e4987p+0, ERFC_Q_MIDDLE_LO = 0x1.a19969d5cf11fp-55;
// erfc(x) exp(x^2) (1 + 2 x) in q = (x - 3) / (x + 3), less its middle and divided by the variable on [-0.719198, 0.803279]; largest error 3.97e-18
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
// (z/d - sqrt(2 pi)) / d^2 in d^2, z the normal quantile of 1/2 + d on [0.0, 0.06251]; largest error 2.73e-18
static const double QUANTILE_C[] = {
    0x1.4ffddeaa22dc8p+1,
    0x1.71713082d9a1ap+2,
    0x1.f55d0d78fce50p+3,
    0x1.78494af125e57p+5,
    0x1.2ba8db6ce1f4ep+7,
    0x1.f045f5bb8c5fbp+8,
    0x1.a67942612119ep+10,
    0x1.6f01bf96d0025p+12,
    0x1.4583613dd28dap+14,
    0x1.16db7176a781bp+16,
    0x1.46230fcd52388p+18,
    -0x1.79e684de4e4c2p+16,
    0x1.d87ed6c260e96p+23,
    -0x1.07574bad7b47bp+26,
    0x1.45e17cd31a14ep+28,
};
#define QUANTILE_FAR 6.5
#define QUANTILE_G_CENTRE 2.5
static const double QUANTILE_G_MIDDLE = 0x1.4ade2296a5a88p-1, QUANTILE_G_MIDDLE_LO = -0x1.d4c93225bbadbp-56;
// sqrt(2) r - z in q = (r - 2.5) / (r + 2.5), -z the normal quantile of exp(-r^2), less its middle and divided by the variable on [-0.362398, 0.444444]; largest error 6.52e-18
static const double QUANTILE_G[] = {
    -0x1.943f188a79386p-1,
    0x1.5fb2c1f314891p-2,
    -0x1.09dbae91e486fp-2,
    0x1.51b08ab97f2cap-3,
    -0x1.1cec515158cb3p-3,
    0x1.ad3e28d2af317p-4,
    -0x1.8269f2acc681dp-4,
    0x1.38ec6ac068749p-4,
    -0x1.20a90b0cb71a5p-4,
    0x1.e81667cbb6b9fp-5,
    -0x1.ca2a5e17c395ep-5,
    0x1.8e85a26a443f8p-5,
    -0x1.7a49dd2b706cep-5,
    0x1.4fa465278e61ap-5,
    -0x1.40673f9c00109p-5,
    0x1.2113fe52c3b57p-5,
    -0x1.1cb81c5db7331p-5,
    0x1.038a859f5e7e1p-5,
    -0x1.ad1479afbe96cp-6,
    0x1.672790572feabp-6,
    -0x1.223bf8d89f654p-5,
    0x1.714c7d346a9b8p-5,
    -0x1.8f1762121d275p-6,
};
#define QUANTILE_H_CENTRE 11.0
static const double QUANTILE_H_MIDDLE = 0x1.e482cb0b33ce1p-3, QUANTILE_H_MIDDLE_LO = -0x1.3f9566f0cf7a1p-59;
// sqrt(2) r - z in q = (r - 11.0) / (r + 11.0), -z the normal quantile of exp(-r^2), less its middle and divided by the variable on [-0.257143, 0.427083]; largest error 8.32e-17
static const double QUANTILE_H[] = {
    -0x1.63dfd7de1fd57p-2,
    0x1.cdecbf3db44cap-3,
    -0x1.84e1efff9b7c7p-3,
    0x1.3b684b45395fdp-3,
    -0x1.14684044b99cfp-3,
    0x1.d9748bfed82c7p-4,
    -0x1.a7044025ab45bp-4,
    0x1.73997b9b7b187p-4,
    -0x1.50211d65b3f1dp-4,
    0x1.2c0c77181705dp-4,
    -0x1.12247def0e422p-4,
    0x1.efc2a74dc29dap-5,
    -0x1.c8bdcfbe314c8p-5,
    0x1.9f3b84adf7efcp-5,
    -0x1.836a8e1136f5ap-5,
    0x1.7a1fecb81ffdap-5,
    -0x1.7843b3c2447a4p-5,
    0x1.1f51f383042ebp-5,
    -0x1.bfcf8268fdc2ep-7,
};
// (gamma(2 + t) - 1) / t on [-0.5005, 0.5005]; largest error 6.37e-18
static const double GAMMA_G[] = {
    0x1.b0ee6072093cep-2,
    0x1.a5b978b96bec2p-2,
    0x1.4e239984650a5p-4,
    0x1.301fbb0f24e50p-4,
    -0x1.17f3740f8093cp-12,
    0x1.6d7eeacb97d21p-7,
    -0x1.75e6e907ee137p-9,
    0x1.13c448f2e2952p-9,
    -0x1.e21f1ad832cf9p-11,
    0x1.011b0c2e0ae66p-11,
    -0x1.f94ae56a7cbc1p-13,
    0x1.fe443d352dd78p-14,
    -0x1.fde5b91ded5b5p-15,
    0x1.00504c4f36cffp-15,
    -0x1.007358a4a894ep-16,
    0x1.e752c67651473p-18,
    -0x1.e77c5a25203a8p-19,
    0x1.5b103148263d2p-19,
    -0x1.5b1b5a39eef7fp-20,
};
static const double GAMMA_K_MIDDLE = 0x1.b0ee6072093cep-2, GAMMA_K_MIDDLE_LO = 0x1.6cb90701fbfabp-58;
// log(gamma(2 + t)) / t, less its middle and divided by the variable on [-0.5005, 0.5005]; largest error 1.99e-17
static const double GAMMA_K[] = {
    0x1.4a34cc4a60fa6p-2,
    -0x1.13e001a5575e1p-4,
    0x1.51322ac7d843dp-6,
    -0x1.e404fc21ab361p-8,
    0x1.7add6eadd13cap-9,
    -0x1.38ac5c13bb202p-10,
    0x1.0b36af6f2bea9p-11,
    -0x1.d3fd5f60df720p-13,
    0x1.a127c2ee0d09cp-14,
    -0x1.78da751ae5217p-15,
    0x1.580a192ec765bp-16,
    -0x1.3d30dea707068p-17,
    0x1.26063538bc192p-18,
    -0x1.0a0fdbccde0c3p-19,
    0x1.f244056005b2ap-21,
    -0x1.33b538bd0cef8p-21,
    0x1.22f0ff336188ap-22,
};
// (log(gamma(x)) - (x - 1/2) log(x) + x - log(2 pi)/2) x in 1 / x^2 on [0.0, 0.015625]; largest error 6.01e-19
static const double GAMMA_T[] = {
    0x1.5555555555555p-4,
    -0x1.6c16c16c149f4p-9,
    0x1.a01a017dcf9e1p-11,
    -0x1.38134d4f8896fp-11,
    0x1.b92c33f9445e5p-11,
    -0x1.ef8d748aeb0f2p-10,
    0x1.4bffc9d8b455bp-8,
};
// (sin(pi f) / (pi f) - 1) / f^2 in z = f^2 on [0.0, 0.2501]; largest error 3.33e-18
static const double SINPI_S[] = {
    -0x1.a51a6625307d3p+0,
    0x1.9f9cb402bc45dp-1,
    -0x1.86a8e4720c73dp-3,
    0x1.ac6805cdf2646p-6,
    -0x1.33816a05e02c2p-9,
    0x1.3746c55f4d44fp-13,
    -0x1.d3f282afcc274p-18,
    0x1.080ca7975c9d3p-22,
};
