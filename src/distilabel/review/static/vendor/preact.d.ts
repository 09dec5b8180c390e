// Types of preact.js, for `tsc --checkJs`.
export { h, render, Fragment, createContext } from "preact";
export { useEffect, useLayoutEffect, useRef, useState, useMemo, useCallback } from "preact/hooks";
export function signal<T>(value: T): { value: T };
export function batch<T>(f: () => T): T;
export function html(strings: TemplateStringsArray, ...values: any[]): any;
