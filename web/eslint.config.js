import prettier from 'eslint-config-prettier'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

// The layers, lowest first: a file imports files of its own layer and below, never above.
const layers = [
  ['./src/lib'],
  ['./src/api'],
  ['./src/live/socket.ts', './src/live/log.ts'],
  ['./src/stores'],
  ['./src/live/events.ts'],
  ['./src/composables', './src/i18n.ts'],
  ['./src/components'],
  ['./src/pages', './src/router.ts', './src/App.vue', './src/main.ts'],
]
const zones = layers.slice(0, -1).flatMap((layer, height) =>
  layer.map((target) => ({
    target,
    from: layers.slice(height + 1).flat(),
    // The payload types are for every layer.
    except: ['types.ts'],
    message: 'Layers: lib < api < live/socket < stores < live/events < composables < components < pages.',
  })),
)
// Only components/app/LiveConnection.vue starts the live connection; other pages read the stores.
zones.push({
  target: ['./src/composables', './src/pages'],
  from: ['./src/live'],
  message: 'Read the stores, which hold what the socket receives.',
})

export default ts.config(
  { ignores: ['dist', 'node_modules', 'e2e/results', 'src/api/generated'] },
  ...ts.configs.recommendedTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parserOptions: {
        parser: ts.parser,
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        extraFileExtensions: ['.vue'],
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver()],
      'import-x/extensions': ['.ts', '.vue', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'], 'vue-eslint-parser': ['.vue'] },
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      'max-params': ['error', { max: 5 }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // vue-i18n hands out plain functions that are typed as methods.
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'max-lines': ['error', { max: 150 }],
      'vue/no-v-html': 'error',
      'vue/no-bare-strings-in-template': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
    },
  },
  { files: ['src/**/*.ts'], ignores: ['**/*.test.ts'], rules: { 'max-lines': ['error', { max: 300 }] } },
  { files: ['scripts/**', 'e2e/**', 'bench/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  prettier,
)
