{{ config(post_hook=forget_built()) }}

{%- set models = per_person_models() if execute else [] -%}
{%- set missing = [] -%}
{%- for model in models if load_relation(api.Relation.create(model.database, model.schema, model.alias)) is none -%}
    {%- do missing.append(model.name) -%}
{%- endfor -%}
with found as (
    select
        '{{ var("program", "") }}' as program,
        concat_ws(
            '/',
            home_code,
            home_level,
            {{ fingerprint(ref('stg_division')) }},
            {{ fingerprint(ref('stg_division_change')) }},
            {{ fingerprint(ref('stg_form')) }}
        ) as inputs,
        run_date
    from {{ ref('stg_site') }}
),

in_step as (
    select count(*) as models
    from {{ ref('stg_built_model') }}
    where
        name in (
            '{{ models | map(attribute="name") | join("', '") }}'
        )
)

select
    found.program,
    found.inputs,
    found.run_date,
    built.run_date as built_run_date,
    {{ 'true' if flags.FULL_REFRESH or missing else 'false' }}
    or in_step.models < {{ models | length }}
    or coalesce(built.program <> found.program or built.inputs <> found.inputs, true) as is_full
from found
cross join in_step
left join {{ ref('stg_built_build') }} as built on true
