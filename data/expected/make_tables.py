#!/usr/bin/env python3
"""Computes what the tests of operations on tables expect, into tables.json.

Run `python3 data/expected/make_tables.py` after iris.csv, cars.csv or longley.csv changes. Quantiles are NumPy's default;
covariances and correlations are pandas', which leaves out missing values pair by pair; regressions are statsmodels' OLS;
principal components are NumPy's singular values of centred columns.
"""
import json
import math
import pathlib

import numpy as np
import pandas as pd
import statsmodels.api as sm

HERE = pathlib.Path(__file__).parent
LEVELS = [0, 0.05, 0.25, 0.5, 0.9, 0.975, 1]


def plain(values):
    return [None if math.isnan(x) else float(x) for x in np.asarray(values, dtype=float).ravel()]


def regression(table, response, terms, intercept=True):
    rows = table[[response] + terms].dropna()
    x = sm.add_constant(rows[terms]) if intercept else rows[terms]
    fit = sm.OLS(rows[response], x).fit()
    formula = f"`{response}` ~ " + " + ".join(f"`{t}`" for t in terms) + ("" if intercept else " - 1")
    return {
        "formula": formula, "estimate": plain(fit.params), "standard_error": plain(fit.bse),
        "t": plain(fit.tvalues), "p": plain(fit.pvalues), "rows": int(fit.nobs),
        "left_out": len(table) - int(fit.nobs), "degrees_of_freedom": int(fit.df_resid),
        "residual_sd": float(np.sqrt(fit.scale)), "r_squared": float(fit.rsquared),
        "adjusted_r_squared": float(fit.rsquared_adj), "f": float(fit.fvalue),
        "f_p": float(fit.f_pvalue), "fitted_head": plain(fit.fittedvalues[:5]),
    }


def components(table, scaled):
    rows = table.dropna().to_numpy(dtype=float)
    x = rows - rows.mean(axis=0)
    if scaled:
        x = x / x.std(axis=0, ddof=1)
    _, s, v = np.linalg.svd(x, full_matrices=False)
    variance = s ** 2 / (len(x) - 1)
    signs = np.array([np.sign(row[np.argmax(np.abs(row))]) for row in v])
    v = v * signs[:, None]
    return {
        "variance": plain(variance), "ratio": plain(variance / variance.sum()),
        "loadings": [plain(row) for row in v], "scores_head": [plain(row) for row in (x @ v.T)[:3]],
    }


def expected(path):
    table = pd.read_csv(path)
    numbers = table.select_dtypes("number")
    result = {
        "columns": list(numbers.columns), "levels": LEVELS,
        "quantiles": [plain(np.quantile(numbers[c].dropna(), LEVELS)) for c in numbers],
        "cov": [plain(row) for row in numbers.cov().to_numpy()],
        "corr": [plain(row) for row in numbers.corr().to_numpy()],
        "spearman": [plain(row) for row in numbers.corr(method="spearman").to_numpy()],
        "complete": [plain(row) for row in numbers.dropna().corr().to_numpy()],
    }
    return table, numbers, result


def main():
    iris, iris_numbers, a = expected(HERE.parent / "iris.csv")
    cars, cars_numbers, b = expected(HERE.parent / "cars.csv")
    a["regressions"] = [
        regression(iris, "petal width (cm)", ["petal length (cm)"]),
        regression(iris, "petal width (cm)", ["sepal length (cm)", "sepal width (cm)"], False),
    ]
    b["regressions"] = [
        regression(cars, "Miles_per_Gallon", ["Horsepower", "Weight_in_lbs", "Acceleration"])]
    a["pca"] = components(iris_numbers, False)
    b["pca"] = components(cars_numbers, True)
    text = json.dumps({"iris.csv": a, "cars.csv": b}, indent=1)
    (HERE / "tables.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
